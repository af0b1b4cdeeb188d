namespace Loadline.Quantization;

/// <summary>A type of GGUF: a row is cut into blocks, each of which is written and read alone.</summary>
/// <remarks>Layouts: ggml-org/ggml, <c>src/ggml-common.h</c> (the structs) and <c>docs/gguf.md</c>.</remarks>
internal abstract class GgufCodec : BlockCodec
{
    /// <summary>Numbers encoded at a time: their codes and what is between stay in the first-level cache.</summary>
    private const int Chunk = 4096;

    public sealed override void Encode(ReadOnlySpan<float> row, Span<byte> blocks, ReadOnlySpan<float> importance) =>
        EncodeChunks(row, blocks, importance, scalar: false);

    public sealed override void Decode(ReadOnlySpan<byte> blocks, Span<float> row)
    {
        Check(row.Length, blocks.Length);
        var (length, bytes) = (Format.BlockLength, Format.BlockBytes);
        for (var i = 0; i < row.Length / length; i++)
            DecodeBlock(blocks.Slice(i * bytes, bytes), row.Slice(i * length, length));
    }

    /// <summary>Encodes without vectors, for the test that both ways agree.</summary>
    internal void EncodeScalar(ReadOnlySpan<float> row, Span<byte> blocks, ReadOnlySpan<float> importance) =>
        EncodeChunks(row, blocks, importance, scalar: true);

    /// <summary>Writes whole blocks, few enough for the stack.</summary>
    /// <param name="importance">Empty, or one figure from 0 to 1 for each number.</param>
    internal abstract void Encode(
        ReadOnlySpan<float> row,
        Span<byte> blocks,
        ReadOnlySpan<float> importance,
        bool scalar
    );

    protected abstract void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers);

    private void EncodeChunks(ReadOnlySpan<float> row, Span<byte> blocks, ReadOnlySpan<float> importance, bool scalar)
    {
        Check(row.Length, blocks.Length);
        if (!importance.IsEmpty && importance.Length != row.Length)
            throw new ArgumentException($"{importance.Length} figures of importance for {row.Length} numbers");
        Span<float> weights = stackalloc float[importance.IsEmpty ? 0 : Math.Min(Chunk, row.Length)];
        for (var at = 0; at < row.Length; at += Chunk)
        {
            var count = Math.Min(Chunk, row.Length - at);
            if (!importance.IsEmpty)
                Importance.Clean(importance.Slice(at, count), weights[..count]);
            var target = blocks.Slice(
                at / Format.BlockLength * Format.BlockBytes,
                count / Format.BlockLength * Format.BlockBytes
            );
            Encode(row.Slice(at, count), target, importance.IsEmpty ? [] : weights[..count], scalar);
        }
    }

    protected void Check(int numbers, int bytes)
    {
        var blocks = numbers / Format.BlockLength;
        if (blocks * Format.BlockLength != numbers)
            throw new ArgumentException($"{Format}: {numbers} numbers are not whole blocks of {Format.BlockLength}");
        if ((long)blocks * Format.BlockBytes != bytes)
            throw new ArgumentException(
                $"{Format}: {numbers} numbers take {(long)blocks * Format.BlockBytes} bytes, not {bytes}"
            );
    }
}

/// <summary>A type of GGUF that is read only: nothing here writes it.</summary>
internal abstract class ReadOnlyGgufCodec : GgufCodec
{
    public sealed override bool CanEncode => false;

    internal sealed override void Encode(
        ReadOnlySpan<float> row,
        Span<byte> blocks,
        ReadOnlySpan<float> importance,
        bool scalar
    ) => throw new NotSupportedException($"{Format} can be read but not written");
}
