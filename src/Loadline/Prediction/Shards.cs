using System.Collections.Immutable;
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
            Sharding.Output => (WholeBlocks.Covering(rows, ranks), columns),
            Sharding.Input => (rows, WholeBlocks.Covering(columns, ranks)),
            Sharding.KvHeads => (
                rows / KvHeads(tensor, architecture) * KvHeadsOnRank(tensor, architecture, ranks),
                columns
            ),
            // What enters an expert is split by output, what leaves it by input: the same share either way.
            Sharding.Experts => (WholeBlocks.Covering(rows, ranks), columns),
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
    public static ByteSize WeightsOnRank(Architecture architecture, WeightFormat format, int ranks) =>
        WeightsOnRank(architecture, format, new Parallelism(ranks), new Stage(0, 1));

    /// <summary>
    /// The same for the layers of one stage. What comes before the layers is with the first, what comes after with the
    /// last, which needs a copy of the embedding where that is the head too.
    /// </summary>
    public static ByteSize WeightsOnRank(
        Architecture architecture,
        WeightFormat format,
        Parallelism parallelism,
        Stage stage
    )
    {
        var layers = stage.LayersOf(architecture);
        var sum = ByteSize.Zero;
        var isBehindLayers = false;
        foreach (var tensor in architecture.Tensors.Tensors)
        {
            if (tensor.Part == ModelPart.Mtp)
                continue;
            // Expert parallelism spreads whole experts; in bytes that is a share like any other.
            var ranks = tensor.Sharding == Sharding.Experts ? parallelism.ExpertRanks : parallelism.Tensor;
            var isLayer = tensor.Part == ModelPart.Language && !tensor.Layers.IsEmpty;
            isBehindLayers |= isLayer;
            if (tensor.TiedTo is not null)
            {
                if (tensor.Role == TensorRole.Head && stage is { HasEmbedding: false, IsLast: true })
                    sum += SizeOnRank(tensor, format, architecture, ranks);
            }
            else if (isLayer)
            {
                var own = Within(layers, tensor);
                if (!own.Layers.IsEmpty)
                    sum += SizeOnRank(own, format, architecture, ranks);
            }
            else if (IsOn(stage, tensor, isBehindLayers))
                sum += SizeOnRank(tensor, format, architecture, ranks);
        }
        return sum;
    }

    /// <summary>The tensor in the layers of a range alone.</summary>
    private static Tensor Within(LayerRange range, Tensor tensor)
    {
        foreach (var layer in tensor.Layers)
        {
            if (!range.Contains(layer))
                return tensor with { Layers = [.. tensor.Layers.Where(range.Contains)] };
        }
        return tensor;
    }

    private static bool IsOn(Stage stage, Tensor tensor, bool isBehindLayers) =>
        tensor.Part != ModelPart.Language ? stage.IsFirst
        : isBehindLayers ? stage.IsLast
        : tensor.Role is TensorRole.TokenEmbedding or TensorRole.PositionEmbedding ? stage.HasEmbedding
        : stage.IsFirst;

    /// <summary>The cache of one rank: heads are shared out, and copied where there are fewer than ranks.</summary>
    public static Cache CacheOnRank(Architecture architecture, int ranks) =>
        CacheOnRank(architecture, ranks, new Stage(0, 1));

    /// <summary>The same for the layers of one stage.</summary>
    public static Cache CacheOnRank(Architecture architecture, int ranks, Stage stage) =>
        Cache.Of(LayersOnRank(architecture, ranks, stage));

    /// <summary>The mixers of one stage as one rank runs them.</summary>
    public static ImmutableArray<Mixer> LayersOnRank(Architecture architecture, int ranks, Stage stage)
    {
        var layers = stage.LayersOf(architecture);
        return [.. architecture.Layers[layers.First..layers.End].Select(layer => MixerOnRank(layer, ranks))];
    }

    /// <summary>
    /// The heads of a layer on one rank. A latent or compressed vector serves all heads, so every rank keeps it whole.
    /// </summary>
    public static Mixer MixerOnRank(Mixer layer, int ranks) =>
        layer switch
        {
            Mixer.Attention attention => OnRank(attention, ranks),
            Mixer.LatentAttention latent => latent with { QueryHeads = Share(latent.QueryHeads, ranks) },
            Mixer.CompressedAttention compressed => compressed with
            {
                QueryHeads = Share(compressed.QueryHeads, ranks),
            },
            Mixer.Linear recurrence => OnRank(recurrence, ranks),
            Mixer.Convolution convolution => OnRank(convolution, ranks),
            Mixer.Parallel both => new Mixer.Parallel(OnRank(both.Softmax, ranks), OnRank(both.Recurrence, ranks)),
            _ => layer,
        };

    private static Mixer.Attention OnRank(Mixer.Attention attention, int ranks) =>
        attention with
        {
            QueryHeads = Share(attention.QueryHeads, ranks),
            KvHeads = Share(attention.KvHeads, ranks),
        };

    private static Mixer.Linear OnRank(Mixer.Linear recurrence, int ranks) =>
        recurrence with
        {
            Heads = Share(recurrence.Heads, ranks),
            ShortConvolution = recurrence.ShortConvolution is { } convolution ? OnRank(convolution, ranks) : null,
        };

    private static Mixer.Convolution OnRank(Mixer.Convolution convolution, int ranks) =>
        convolution with
        {
            Channels = WholeBlocks.Covering(convolution.Channels, ranks),
        };

    private static int Share(int heads, int ranks) => (int)WholeBlocks.Covering(heads, ranks);

    /// <summary>Output and input features; a vector is a matrix of one column.</summary>
    private static (long Rows, long Columns) Matrix(Tensor tensor) =>
        tensor.Shape.Length > 1 ? (tensor.OutputFeatures, tensor.InputFeatures) : (tensor.Shape[0], 1);

    private static int KvHeads(Tensor tensor, Architecture architecture) =>
        tensor.Layers.IsEmpty
            ? 1
            : architecture.Layers[tensor.Layers[0]] switch
            {
                Mixer.Attention attention => attention.KvHeads,
                Mixer.Parallel both => both.Softmax.KvHeads,
                _ => 1,
            };

    private static long KvHeadsOnRank(Tensor tensor, Architecture architecture, int ranks) =>
        WholeBlocks.Covering(KvHeads(tensor, architecture), ranks);
}
