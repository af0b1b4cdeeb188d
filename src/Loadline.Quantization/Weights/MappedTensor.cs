namespace Loadline.Quantization;

/// <summary>
/// The bytes of a tensor in a mapped file. The operating system reads them when they are touched and may give them back
/// when memory is short; they are valid until the store is disposed.
/// </summary>
/// <remarks>
/// A disk that fails, or a file that is shortened meanwhile, stops the process: there is no call that could fail instead.
/// Whoever must survive that reads with <see cref="WeightStore.Read"/>.
/// </remarks>
public readonly unsafe struct MappedTensor
{
    private readonly byte* start;

    internal MappedTensor(byte* start, long length)
    {
        this.start = start;
        Length = length;
    }

    public long Length { get; }

    /// <summary>Some of the bytes: a span has at most 2 GiB, a tensor may have more.</summary>
    public ReadOnlySpan<byte> Slice(long offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - count);
        return new(start + offset, count);
    }
}
