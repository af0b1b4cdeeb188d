namespace Loadline.Tests.Models.Files;

/// <summary>A stream that claims to be longer than the bytes it has, as a sparse file is.</summary>
internal sealed class LongStream(byte[] bytes, long length) : MemoryStream(bytes)
{
    public override long Length { get; } = length;
}
