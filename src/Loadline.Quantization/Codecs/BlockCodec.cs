using System.Buffers;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>
/// Writes numbers in a format whose rows stand alone and whose scales are inside its blocks: plain floating point and
/// the types of GGUF. A codec has no state and may be used by several threads at once.
/// </summary>
public abstract class BlockCodec
{
    /// <summary>16 KiB of fp32, which stays in the first-level cache.</summary>
    private const int WidenedAtOnce = 4096;

    public abstract BlockFormat Format { get; }

    /// <summary>False for formats that are read only: <see cref="Encode"/> then throws.</summary>
    public virtual bool CanEncode => true;

    /// <summary>Encodes one row or several rows one after the other.</summary>
    /// <param name="row">Whole blocks: a multiple of <see cref="BlockFormat.BlockLength"/> numbers.</param>
    /// <param name="blocks">Exactly the bytes that the row takes in <see cref="Format"/>.</param>
    /// <param name="importance">
    /// How much an error of each number of <paramref name="row"/> costs, such as the mean square of the activation
    /// it is multiplied with; empty when nothing was measured.
    /// </param>
    /// <exception cref="NotSupportedException">The format is read only.</exception>
    public abstract void Encode(ReadOnlySpan<float> row, Span<byte> blocks, ReadOnlySpan<float> importance);

    /// <summary>As <see cref="Encode"/>, from bf16 as checkpoints keep it: the same bytes.</summary>
    public virtual void EncodeBf16(ReadOnlySpan<ushort> row, Span<byte> blocks, ReadOnlySpan<float> importance)
    {
        var length = Math.Max(1, WidenedAtOnce / Format.BlockLength) * Format.BlockLength;
        var numbers = ArrayPool<float>.Shared.Rent(length);
        for (var at = 0; at < row.Length; at += length)
        {
            var count = Math.Min(length, row.Length - at);
            Bf16.Widen(row.Slice(at, count), numbers.AsSpan(0, count));
            Encode(
                numbers.AsSpan(0, count),
                blocks.Slice(
                    at / Format.BlockLength * Format.BlockBytes,
                    count / Format.BlockLength * Format.BlockBytes
                ),
                importance.IsEmpty ? [] : importance.Slice(at, count)
            );
        }
        ArrayPool<float>.Shared.Return(numbers);
    }

    /// <summary>The numbers that the blocks stand for.</summary>
    public abstract void Decode(ReadOnlySpan<byte> blocks, Span<float> row);
}
