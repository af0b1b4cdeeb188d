using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>
/// DeepSeek-V4: one vector as key and value, compressed beyond a window of 128 tokens, several residual streams, and
/// experts in every layer, of which the first route by a table.
/// </summary>
/// <remarks>Names are those of DeepSeek's own checkpoints, which the quantization lists use too.</remarks>
internal sealed class DeepSeekV4Family : Family
{
    /// <summary>The ratio at which groups overlap and an indexer picks among them.</summary>
    private const int SparseRatio = 4;

    public override string Name => "deepseek-v4";

    public override IReadOnlyList<string> ModelTypes => ["deepseek_v4", "deepseek_ref"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var prediction = config.PredictionLayers("num_nextn_predict_layers");
        var ratios = Ratios(config, sizes.Layers, prediction);
        var indexer = config.Indexer() ?? throw config.Missing("index_n_heads", "a positive whole number");

        var tensors = new TensorList();
        tensors.Embedding("embed", sizes.Vocabulary, sizes.Hidden);
        AddLayers(tensors, "layers.{layer}", config, sizes, indexer, ratios[..sizes.Layers]);
        tensors.Layers = [];
        AddStreamsHead(tensors, "", config, sizes.Hidden);
        tensors.Norm("norm", sizes.Hidden);
        var tied = config.Flag("tie_word_embeddings", false) ? "embed.weight" : null;
        tensors.Head("head", sizes.Vocabulary, sizes.Hidden, tied);

        if (prediction > 0)
        {
            tensors.Part = ModelPart.Mtp;
            AddLayers(tensors, "mtp.{layer}", config, sizes, indexer, ratios[sizes.Layers..], isPrediction: true);
            AddPredictionInputs(tensors, "mtp.{layer}", config, sizes.Hidden);
        }

        var window = config.Size("sliding_window");
        ImmutableArray<Mixer> mixers =
        [
            .. ratios[..sizes.Layers]
                .Select(ratio => new Mixer.CompressedAttention(
                    sizes.QueryHeads,
                    sizes.HeadSize,
                    window,
                    ratio == 0 ? null : ratio
                )
                {
                    Indexer = ratio == SparseRatio ? indexer : null,
                }),
        ];
        return config.ToArchitecture(Name, sizes, mixers, tensors);
    }

    /// <summary>Tokens compressed into one, layer by layer, prediction layers last; 0 for a window alone.</summary>
    private static ImmutableArray<int> Ratios(ModelConfig config, int layers, int prediction)
    {
        var ratios =
            config.OptionalIntegers("compress_ratios")
            ?? throw config.Missing("compress_ratios", "a number for every layer");
        if (ratios.Count != layers + prediction)
        {
            throw config.Contradiction(
                "compress_ratios",
                $"{ratios.Count} entries",
                $"one for each of {layers} layers and {prediction} prediction layers"
            );
        }
        return ratios.All(ratio => ratio is >= 0 and <= 1 << 20)
            ? [.. ratios]
            : throw config.Contradiction("compress_ratios", "a negative or absurd ratio", "0 to 2^20");
    }

    private static void AddLayers(
        TensorList tensors,
        string layer,
        ModelConfig config,
        DecoderSizes sizes,
        Indexer indexer,
        ImmutableArray<int> ratios,
        bool isPrediction = false
    )
    {
        var all = LayerPatterns.AllLayers(ratios.Length);
        tensors.Layers = all;
        tensors.Norm($"{layer}.attn_norm", sizes.Hidden);
        tensors.Norm($"{layer}.ffn_norm", sizes.Hidden);
        AddStreams(tensors, $"{layer}.hc_attn", config, sizes.Hidden);
        AddStreams(tensors, $"{layer}.hc_ffn", config, sizes.Hidden);
        AddAttention(tensors, $"{layer}.attn", config, sizes);
        foreach (var ratio in ratios.Where(ratio => ratio > 0).Distinct())
        {
            tensors.Layers = LayerPatterns.LayersWhere(ratios.Length, index => ratios[index] == ratio);
            AddCompressor(tensors, $"{layer}.attn.compressor", sizes.Hidden, sizes.HeadSize, ratio);
            if (ratio == SparseRatio)
                AddIndexer(tensors, $"{layer}.attn.indexer", config, sizes.Hidden, indexer);
        }
        tensors.Layers = all;
        AddExperts(
            tensors,
            $"{layer}.ffn",
            config,
            sizes,
            isPrediction ? 0 : config.OptionalInteger("num_hash_layers") ?? 0
        );
    }

    /// <summary>The output is projected group by group to a low rank, then mixed.</summary>
    private static void AddAttention(TensorList tensors, string prefix, ModelConfig config, DecoderSizes sizes)
    {
        var rank = config.Size("q_lora_rank");
        var groups = config.Size("o_groups");
        var outputRank = (long)groups * config.Size("o_lora_rank");
        var heads = (long)sizes.QueryHeads * sizes.HeadSize;
        if (heads % groups != 0)
            throw config.Contradiction("o_groups", $"{groups}", $"a divisor of the {heads} outputs of all heads");

        tensors.Linear($"{prefix}.wq_a", rank, sizes.Hidden, Sharding.Replicated, group: "latent");
        tensors.Norm($"{prefix}.q_norm", rank);
        tensors.Linear($"{prefix}.wq_b", heads, rank, Sharding.Output);
        tensors.Linear($"{prefix}.wkv", sizes.HeadSize, sizes.Hidden, Sharding.Replicated, group: "latent");
        tensors.Norm($"{prefix}.kv_norm", sizes.HeadSize);
        tensors.Linear($"{prefix}.wo_a", outputRank, heads / groups, Sharding.Output);
        tensors.Linear($"{prefix}.wo_b", sizes.Hidden, outputRank, Sharding.Input);
        tensors.Small($"{prefix}.attn_sink", [sizes.QueryHeads], Sharding.Output);
    }

    /// <summary>Values and gates of a group, twice as wide where groups overlap, and positions within it.</summary>
    private static void AddCompressor(TensorList tensors, string prefix, int hidden, int headSize, int ratio)
    {
        var width = ratio == SparseRatio ? 2L * headSize : headSize;
        tensors.Linear($"{prefix}.wkv", width, hidden, Sharding.Replicated, group: "compressor");
        tensors.Linear($"{prefix}.wgate", width, hidden, Sharding.Replicated, group: "compressor");
        tensors.Small($"{prefix}.ape", [ratio, width]);
        tensors.Norm($"{prefix}.norm", headSize);
    }

    private static void AddIndexer(TensorList tensors, string prefix, ModelConfig config, int hidden, Indexer indexer)
    {
        var queries = (long)indexer.Heads * indexer.HeadSize;
        tensors.Linear($"{prefix}.wq_b", queries, config.Size("q_lora_rank"), Sharding.Replicated);
        tensors.Small($"{prefix}.weights_proj.weight", [indexer.Heads, hidden]);
        AddCompressor(tensors, $"{prefix}.compressor", hidden, indexer.HeadSize, SparseRatio);
    }

    private static void AddExperts(
        TensorList tensors,
        string prefix,
        ModelConfig config,
        DecoderSizes sizes,
        int tableLayers
    )
    {
        var experts = ExpertSizes.Read(config, "moe_intermediate_size", "n_routed_experts");
        var shared = (long)(config.OptionalInteger("n_shared_experts") ?? 0) * experts.Intermediate;
        var layers = tensors.Layers;
        tensors.Router($"{prefix}.gate", experts.Count, sizes.Hidden);
        tensors.GatedExperts($"{prefix}.experts", sizes.Hidden, experts, "w1", "w3", "w2");
        if (shared > 0)
            tensors.GatedMlp($"{prefix}.shared_experts", sizes.Hidden, shared, names: ("w1", "w3", "w2"));

        tensors.Layers = [.. layers.Where(layer => layer < tableLayers)];
        if (!tensors.Layers.IsEmpty)
            tensors.Small($"{prefix}.gate.tid2eid", [sizes.Vocabulary, experts.Active]);
        tensors.Layers = [.. layers.Where(layer => layer >= tableLayers)];
        if (!tensors.Layers.IsEmpty)
            tensors.Bias($"{prefix}.gate", experts.Count);
        tensors.Layers = layers;
    }

    /// <summary>Weights that fold the residual streams into a block's input and its output back into them.</summary>
    private static void AddStreams(TensorList tensors, string prefix, ModelConfig config, int hidden)
    {
        var streams = config.Size("hc_mult");
        var weights = (2L + streams) * streams;
        tensors.Small($"{prefix}_fn", [weights, (long)streams * hidden]);
        tensors.Small($"{prefix}_base", [weights]);
        tensors.Small($"{prefix}_scale", [3]);
    }

    private static void AddStreamsHead(TensorList tensors, string prefix, ModelConfig config, int hidden)
    {
        var streams = config.Size("hc_mult");
        tensors.Small($"{prefix}hc_head_fn", [streams, (long)streams * hidden]);
        tensors.Small($"{prefix}hc_head_base", [streams]);
        tensors.Small($"{prefix}hc_head_scale", [1]);
    }

    private static void AddPredictionInputs(TensorList tensors, string layer, ModelConfig config, int hidden)
    {
        tensors.Norm($"{layer}.enorm", hidden);
        tensors.Norm($"{layer}.hnorm", hidden);
        tensors.Linear($"{layer}.e_proj", hidden, hidden, Sharding.Replicated);
        tensors.Linear($"{layer}.h_proj", hidden, hidden, Sharding.Replicated);
        tensors.Norm($"{layer}.norm", hidden);
        AddStreamsHead(tensors, $"{layer}.", config, hidden);
    }
}
