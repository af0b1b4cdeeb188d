using Loadline.Models;

namespace Loadline.Quantization.Inference;

/// <summary>Weights under the names of a Hugging Face checkpoint.</summary>
internal sealed class CheckpointWeights : ModelWeights
{
    private readonly Dictionary<string, StoredTensor> byName = new(StringComparer.Ordinal);

    public CheckpointWeights(WeightStore store, string file)
        : base(store, file)
    {
        foreach (var tensor in store.Tensors)
            byName.TryAdd(StoredNames.Unwrap(tensor.Name), tensor);
    }

    public override WeightMatrix Matrix(Tensor tensor, int layer, int expert)
    {
        var name = NameOf(tensor, layer, expert);
        var place = $"tensor {FileText.Quote(name)}";
        if (Find(name) is not { } stored)
            return PartsOf(name, tensor) ?? throw new BadContentException(File, place, "missing", "a matrix");
        CheckShape(stored, place, tensor.Shape.AsSpan());
        var codec = CodecOf(stored, place);
        var memory = tensor.InputFirst ? Load(stored, memory => Transpose(memory, stored, place)) : Load(stored);
        return new BlockMatrix(memory, 0, codec, (int)tensor.OutputFeatures, (int)tensor.InputFeatures);
    }

    public override float[] Vector(Tensor tensor, int layer)
    {
        var name = NameOf(tensor, layer, 0);
        var place = $"tensor {FileText.Quote(name)}";
        return Find(name) is { } stored
            ? Numbers(stored, place, tensor.Shape.AsSpan())
            : throw new BadContentException(File, place, "missing", $"{tensor.Count} numbers");
    }

    private StoredTensor? Find(string name) =>
        byName.TryGetValue(StoredNames.Unwrap(name), out var stored) ? stored : null;

    /// <summary>A matrix as codes and scales; null when those are not there either.</summary>
    private PartsMatrix? PartsOf(string name, Tensor tensor)
    {
        _ = name;
        _ = tensor;
        return null;
    }

    /// <summary>GPT-2 stores its matrices input by output; products read them output by output.</summary>
    private void Transpose(AlignedMemory memory, StoredTensor stored, string place)
    {
        if (stored.Format.BlockLength != 1)
            throw new BadContentException(File, place, $"format {stored.Format.Name}", "fp32, fp16 or bf16");
        var size = stored.Format.BlockBytes;
        var (rows, columns) = (stored.Shape[0], stored.Shape[1]);
        using var copy = new AlignedMemory(memory.Length);
        for (var row = 0L; row < rows; row++)
        {
            for (var column = 0L; column < columns; column++)
                memory
                    .Slice((row * columns + column) * size, size)
                    .CopyTo(copy.Slice((column * rows + row) * size, size));
        }
        for (var at = 0L; at < memory.Length; at += 1 << 28)
        {
            var count = (int)Math.Min(1 << 28, memory.Length - at);
            copy.Slice(at, count).CopyTo(memory.Slice(at, count));
        }
    }
}
