using Loadline.Models;

namespace Loadline.Quantization.Inference;

/// <summary>Weights under the names of a Hugging Face checkpoint.</summary>
internal sealed class CheckpointWeights : ModelWeights
{
    private const string WeightEnding = ".weight";

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
        if (PartsOf(name, tensor) is { } parts)
            return parts;
        if (Find(name) is not { } stored)
            throw new BadContentException(File, place, "missing", "a matrix, or codes and scales in a known format");
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

    /// <summary>
    /// A matrix as codes and scales; null when no codec finds all its parts in their types and shapes. Of two that do,
    /// the one with more parts is meant: a zero point beside the scales is there for a reason.
    /// </summary>
    private PartsMatrix? PartsOf(string name, Tensor tensor)
    {
        if (tensor.InputFirst || !name.EndsWith(WeightEnding, StringComparison.Ordinal))
            return null;
        var (rows, columns) = (tensor.OutputFeatures, tensor.InputFeatures);
        var stem = name[..^WeightEnding.Length];
        (MatrixCodec Codec, List<StoredTensor> Parts)? best = null;
        foreach (var codec in MatrixCodecs.Names.Select(item => MatrixCodecs.Find(item)!))
        {
            var layouts = codec.PartsOf(rows, columns);
            var found = new List<StoredTensor>();
            foreach (var layout in layouts)
            {
                if (
                    Find($"{stem}.{layout.Suffix}") is { } stored
                    && stored.Format == layout.Format
                    && stored.Shape.AsSpan().SequenceEqual(layout.Shape.AsSpan())
                )
                    found.Add(stored);
            }
            if (found.Count == layouts.Length && found.Count > Math.Max(1, best?.Parts.Count ?? 0))
                best = (codec, found);
        }
        return best is { } match
            ? new PartsMatrix(match.Codec, [.. match.Parts.Select(ReadAll)], (int)rows, (int)columns)
            : null;
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
