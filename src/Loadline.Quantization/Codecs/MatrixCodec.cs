using System.Buffers;
using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>
/// Writes a matrix as codes and scales that are tensors of their own, as safetensors checkpoints keep them
/// (compressed-tensors, FP8). A codec has no state and may be used by several threads at once.
/// </summary>
public abstract class MatrixCodec
{
    /// <summary>The field's own spelling: <c>fp8-block</c>, <c>int4-g128</c>, <c>nvfp4</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The tensors that a matrix of this shape becomes, in file order, the codes first.</summary>
    public abstract ImmutableArray<PartLayout> PartsOf(long rows, long columns);

    /// <summary>Encodes a whole matrix.</summary>
    /// <param name="weights">Row after row.</param>
    /// <param name="rows">Output features.</param>
    /// <param name="columns">Input features.</param>
    /// <param name="importance">One figure per input feature, or empty; see <see cref="BlockCodec.Encode"/>.</param>
    /// <param name="parts">One buffer for each of <see cref="PartsOf"/>, of exactly its bytes.</param>
    public abstract void Encode(
        MatrixRows weights,
        long rows,
        long columns,
        ReadOnlySpan<float> importance,
        IReadOnlyList<Memory<byte>> parts
    );

    /// <summary>As <see cref="Encode"/>, from bf16 as checkpoints keep it: the same bytes.</summary>
    public virtual void EncodeBf16(
        MatrixHalves weights,
        long rows,
        long columns,
        ReadOnlySpan<float> importance,
        IReadOnlyList<Memory<byte>> parts
    )
    {
        MatrixRows wide = (firstRow, numbers) =>
        {
            var halves = ArrayPool<ushort>.Shared.Rent(numbers.Length);
            weights(firstRow, halves.AsSpan(0, numbers.Length));
            Bf16.Widen(halves.AsSpan(0, numbers.Length), numbers);
            ArrayPool<ushort>.Shared.Return(halves);
        };
        Encode(wide, rows, columns, importance, parts);
    }

    /// <summary>The numbers of some rows of an encoded matrix.</summary>
    public abstract void DecodeRows(
        IReadOnlyList<ReadOnlyMemory<byte>> parts,
        long rows,
        long columns,
        long firstRow,
        Span<float> numbers
    );
}

/// <summary>One of the tensors that an encoded matrix consists of.</summary>
/// <param name="Suffix">What its name has after the module's: <c>weight</c>, <c>weight_scale</c>, <c>weight_packed</c>.</param>
/// <param name="Format">Layout of its numbers: <c>fp8</c>, <c>uint8</c>, <c>fp32</c>.</param>
/// <param name="Shape">Rows first.</param>
public sealed record PartLayout(string Suffix, BlockFormat Format, ImmutableArray<long> Shape)
{
    public long Bytes => Format.SizeOf(Shape).Bytes;
}

/// <summary>Gives rows of a matrix as fp32, wherever they are kept and whatever their type.</summary>
/// <param name="firstRow">The first row wanted.</param>
/// <param name="numbers">Filled with as many whole rows as it has room for.</param>
public delegate void MatrixRows(long firstRow, Span<float> numbers);

/// <summary>Gives rows of a matrix that is kept as bf16.</summary>
/// <param name="firstRow">The first row wanted.</param>
/// <param name="halves">Filled with as many whole rows as it has room for.</param>
public delegate void MatrixHalves(long firstRow, Span<ushort> halves);
