namespace Loadline.Quantization;

/// <summary>A type of GGUF: a row is cut into blocks, each of which is written and read alone.</summary>
/// <remarks>Layouts: ggml-org/ggml, <c>src/ggml-common.h</c> (the structs) and <c>docs/gguf.md</c>.</remarks>
internal abstract class GgufCodec : BlockCodec
{
    public sealed override void Encode(ReadOnlySpan<float> row, Span<byte> blocks, ReadOnlySpan<float> importance)
    {
        var count = CountOf(row.Length, blocks.Length);
        if (!importance.IsEmpty && importance.Length != row.Length)
            throw new ArgumentException($"{importance.Length} figures of importance for {row.Length} numbers");
        var (length, bytes) = (Format.BlockLength, Format.BlockBytes);
        if (importance.IsEmpty)
            EncodeBlocks(row, blocks);
        else
            for (var i = 0; i < count; i++)
                EncodeBlock(
                    row.Slice(i * length, length),
                    blocks.Slice(i * bytes, bytes),
                    importance.Slice(i * length, length)
                );
    }

    public sealed override void Decode(ReadOnlySpan<byte> blocks, Span<float> row)
    {
        CountOf(row.Length, blocks.Length);
        DecodeBlocks(blocks, row);
    }

    /// <summary>Writes one block so that the error weighted by <paramref name="importance"/> is small.</summary>
    protected abstract void EncodeBlock(ReadOnlySpan<float> numbers, Span<byte> block, ReadOnlySpan<float> importance);

    protected abstract void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers);

    /// <summary>Writes whole blocks without importance.</summary>
    protected virtual void EncodeBlocks(ReadOnlySpan<float> row, Span<byte> blocks)
    {
        var (length, bytes) = (Format.BlockLength, Format.BlockBytes);
        for (var i = 0; i < row.Length / length; i++)
            EncodeBlock(row.Slice(i * length, length), blocks.Slice(i * bytes, bytes), []);
    }

    protected virtual void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> row)
    {
        var (length, bytes) = (Format.BlockLength, Format.BlockBytes);
        for (var i = 0; i < row.Length / length; i++)
            DecodeBlock(blocks.Slice(i * bytes, bytes), row.Slice(i * length, length));
    }

    private int CountOf(int numbers, int bytes)
    {
        var count = numbers / Format.BlockLength;
        if (count * Format.BlockLength != numbers)
            throw new ArgumentException($"{Format}: {numbers} numbers are not whole blocks of {Format.BlockLength}");
        return (long)count * Format.BlockBytes == bytes
            ? count
            : throw new ArgumentException(
                $"{Format}: {numbers} numbers take {(long)count * Format.BlockBytes} bytes, not {bytes}"
            );
    }
}

/// <summary>A type of GGUF that is read only: nothing here writes it.</summary>
internal abstract class ReadOnlyGgufCodec : GgufCodec
{
    public sealed override bool CanEncode => false;

    protected sealed override void EncodeBlock(
        ReadOnlySpan<float> numbers,
        Span<byte> block,
        ReadOnlySpan<float> importance
    ) => throw new NotSupportedException($"{Format} can be read but not written");
}
