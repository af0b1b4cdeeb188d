using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Loadline.Models;

namespace Loadline.Quantization.Evaluation;

/// <summary>The weights of another store as fp32 whose last bits are zero: what a number keeps when its final digits go.</summary>
/// <param name="store">Left open.</param>
/// <param name="bits">Of the 23 of the mantissa, how many are cleared.</param>
public sealed class TruncatedStore(WeightStore store, int bits) : WeightStore
{
    /// <summary>Bits of the mantissa of fp32 that are stored.</summary>
    public const int MantissaBits = 23;

    private readonly ImmutableDictionary<string, StoredTensor> originals = store.Tensors.ToImmutableDictionary(tensor =>
        tensor.Name
    );

    public override ImmutableArray<StoredTensor> Tensors { get; } = [.. store.Tensors.Select(Widened)];

    public override StoredTensor? Find(string name) => store.Find(name) is { } tensor ? Widened(tensor) : null;

    public override void Read(StoredTensor tensor, long offset, Span<byte> bytes)
    {
        var original = originals[tensor.Name];
        if (!IsNumbers(original))
        {
            store.Read(original, offset, bytes);
            return;
        }
        var size = original.Format.BlockBytes;
        var numbers = MemoryMarshal.Cast<byte, float>(bytes);
        var raw = new byte[numbers.Length * size];
        store.Read(original, offset / sizeof(float) * size, raw);
        BlockCodecs.Find(original.Format)!.Decode(raw, numbers);
        var mask = uint.MaxValue << bits;
        foreach (ref var word in MemoryMarshal.Cast<byte, uint>(bytes))
            word &= mask;
    }

    public override MappedTensor Map(StoredTensor tensor) =>
        throw new NotSupportedException("the numbers are made when read");

    /// <summary>The store belongs to whoever opened it.</summary>
    public override void Dispose() { }

    private static bool IsNumbers(StoredTensor tensor) =>
        tensor.Format == BlockFormats.Fp32 || tensor.Format == BlockFormats.Fp16 || tensor.Format == BlockFormats.Bf16;

    private static StoredTensor Widened(StoredTensor tensor) =>
        IsNumbers(tensor)
            ? tensor with
            {
                Format = BlockFormats.Fp32,
                Bytes = tensor.Elements * sizeof(float),
            }
            : tensor;
}
