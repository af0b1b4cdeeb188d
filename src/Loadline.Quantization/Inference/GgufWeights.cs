using Loadline.Models;

namespace Loadline.Quantization.Inference;

/// <summary>Weights under the names of a GGUF file.</summary>
/// <remarks>
/// llama.cpp's converter stores the query and key rows of Llama so that the two numbers that are rotated together are
/// neighbours (<c>LlamaModel.permute</c> of convert_hf_to_gguf.py); they are put back, which is a matter of whole rows
/// whatever their format.
/// </remarks>
internal sealed class GgufWeights(WeightStore store, string file, Architecture architecture, bool hasPairedRows)
    : ModelWeights(store, file)
{
    public override WeightMatrix Matrix(Tensor tensor, int layer, int expert)
    {
        var (stored, stack) = Find(tensor, layer, expert);
        var place = $"tensor {FileText.Quote(stored.Name)}";
        var (rows, columns) = (tensor.OutputFeatures, tensor.InputFeatures);
        ReadOnlySpan<long> shape = stack > 1 ? [stack, rows, columns] : [rows, columns];
        CheckShape(stored, place, shape);
        var codec = CodecOf(stored, place);
        var memory = HeadsOf(tensor) is { } heads
            ? Load(stored, memory => Unpair(memory, heads, (int)codec.Format.SizeOf(1, columns).Bytes, (int)rows))
            : Load(stored);
        var start = stack > 1 ? codec.Format.SizeOf(rows, columns).Bytes * expert : 0;
        return new BlockMatrix(memory, start, codec, (int)rows, (int)columns);
    }

    public override float[] Vector(Tensor tensor, int layer)
    {
        var (stored, _) = Find(tensor, layer, 0);
        var numbers = Numbers(stored, $"tensor {FileText.Quote(stored.Name)}", tensor.Shape.AsSpan());
        if (HeadsOf(tensor) is not { } heads)
            return numbers;
        var size = numbers.Length / heads;
        return [.. Enumerable.Range(0, numbers.Length).Select(row => numbers[PairedRow(row, size)])];
    }

    private (StoredTensor Stored, int Stack) Find(Tensor tensor, int layer, int expert)
    {
        var ways = GgufNames.Of(tensor.Name, architecture.Layers.Length);
        foreach (var way in ways)
        {
            if (way is not [var single])
                continue;
            var name = single.Replace("{layer}", $"{layer}").Replace("{expert}", $"{expert}");
            if (Store.Find(name) is { } stored)
                return (stored, tensor.Experts > 1 && !single.Contains("{expert}") ? tensor.Experts : 1);
        }
        var place = $"tensor {FileText.Quote(NameOf(tensor, layer, expert))}";
        throw new BadContentException(File, place, "missing", string.Join(" or ", ways.Select(way => way[0])));
    }

    /// <summary>Heads of a tensor whose rows are stored in pairs; null for all others.</summary>
    private int? HeadsOf(Tensor tensor)
    {
        if (!hasPairedRows || architecture.Layers[0] is not Mixer.Attention attention)
            return null;
        return tensor.Name.Contains(".q_proj.") ? attention.QueryHeads
            : tensor.Name.Contains(".k_proj.") ? attention.KvHeads
            : null;
    }

    private static void Unpair(AlignedMemory memory, int heads, int rowBytes, int rows)
    {
        var size = rows / heads;
        var copy = new byte[size * rowBytes];
        for (var head = 0; head < heads; head++)
        {
            var whole = memory.Slice((long)head * size * rowBytes, copy.Length);
            whole.CopyTo(copy);
            for (var row = 0; row < size; row++)
                copy.AsSpan(PairedRow(row, size) * rowBytes, rowBytes).CopyTo(whole[(row * rowBytes)..]);
        }
    }

    /// <summary>Where a row is in a file that puts rows i and i + half of a head beside each other.</summary>
    private static int PairedRow(int row, int size)
    {
        var (head, inHead) = Math.DivRem(row, size);
        var half = size / 2;
        return head * size + (inHead < half ? 2 * inHead : 2 * (inHead - half) + 1);
    }
}
