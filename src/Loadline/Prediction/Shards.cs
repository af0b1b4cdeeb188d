using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>What one tensor-parallel rank holds of a model; whatever every rank holds again is replication.</summary>
public static class Shards
{
    /// <summary>Output and input features of one matrix, of one expert, on one rank.</summary>
    public static (long Rows, long Columns) MatrixOnRank(Tensor tensor, Architecture architecture, int ranks)
    {
        var (rows, columns) = Matrix(tensor);
        return tensor.Sharding switch
        {
            Sharding.Output => (CeilingDivide(rows, ranks), columns),
            Sharding.Input => (rows, CeilingDivide(columns, ranks)),
            Sharding.KvHeads => (
                rows / KvHeads(tensor, architecture) * KvHeadsOnRank(tensor, architecture, ranks),
                columns
            ),
            // What enters an expert is split by output, what leaves it by input: the same share either way.
            Sharding.Experts => (CeilingDivide(rows, ranks), columns),
            _ => (rows, columns),
        };
    }

    /// <summary>Bytes of all copies of a tensor on one rank.</summary>
    public static ByteSize SizeOnRank(Tensor tensor, WeightFormat format, Architecture architecture, int ranks)
    {
        var whole = format.SizeOf(tensor);
        if (ranks == 1 || tensor.Sharding == Sharding.Replicated)
            return whole;

        var (rows, columns) = Matrix(tensor);
        var (rankRows, rankColumns) = MatrixOnRank(tensor, architecture, ranks);
        var share = (Int128)whole.Bytes * (rankRows * rankColumns);
        var elements = (Int128)rows * columns;
        return new ByteSize((long)((share + elements - 1) / elements));
    }

    /// <summary>Bytes of weights on one rank: the language model and its towers, without multi-token prediction.</summary>
    public static ByteSize WeightsOnRank(Architecture architecture, WeightFormat format, int ranks)
    {
        var sum = ByteSize.Zero;
        foreach (var tensor in architecture.Tensors.Tensors)
        {
            if (tensor.TiedTo is null && tensor.Part != ModelPart.Mtp)
                sum += SizeOnRank(tensor, format, architecture, ranks);
        }
        return sum;
    }

    /// <summary>The cache of one rank: heads are shared out, and copied where there are fewer than ranks.</summary>
    public static Cache CacheOnRank(Architecture architecture, int ranks) =>
        ranks == 1 ? architecture.Cache : Cache.Of([.. architecture.Layers.Select(layer => OnRank(layer, ranks))]);

    private static Mixer OnRank(Mixer layer, int ranks) =>
        layer is Mixer.Attention attention
            ? attention with
            {
                KvHeads = (int)CeilingDivide(attention.KvHeads, ranks),
            }
            : layer;

    /// <summary>Output and input features; a vector is a matrix of one column.</summary>
    private static (long Rows, long Columns) Matrix(Tensor tensor) =>
        tensor.Shape.Length > 1 ? (tensor.OutputFeatures, tensor.InputFeatures) : (tensor.Shape[0], 1);

    private static int KvHeads(Tensor tensor, Architecture architecture) =>
        !tensor.Layers.IsEmpty && architecture.Layers[tensor.Layers[0]] is Mixer.Attention attention
            ? attention.KvHeads
            : 1;

    private static long KvHeadsOnRank(Tensor tensor, Architecture architecture, int ranks) =>
        CeilingDivide(KvHeads(tensor, architecture), ranks);

    private static long CeilingDivide(long count, long size) => (count + size - 1) / size;
}
