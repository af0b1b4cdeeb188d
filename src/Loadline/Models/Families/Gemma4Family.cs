using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>
/// Gemma 4: windowed layers to one that sees all with heads of its own size, last layers that read earlier keys and
/// values, embeddings for every layer in the small models, experts beside a dense MLP in the large one.
/// </summary>
internal sealed class Gemma4Family : Family
{
    /// <summary>Gemma4TextConfig's defaults.</summary>
    private const int DefaultWindow = 512;
    private const int DefaultPattern = 6;
    private const int DefaultHeadSize = 256;
    private const int DefaultGlobalHeadSize = 512;

    public override string Name => "gemma4";

    public override IReadOnlyList<string> ModelTypes => ["gemma4", "gemma4_text"];

    public override Architecture Describe(ModelConfig config)
    {
        var text = config.TextSection();
        var model = text == config ? "model" : "model.language_model";
        var sizes = DecoderSizes.Read(text, headSize: DefaultHeadSize);
        var mixers = Mixers(text, sizes);

        var tensors = sizes.Begin(model);
        var layer = $"{model}.layers.{{layer}}";
        tensors.PreNorms(layer, sizes.Hidden);
        tensors.Norm($"{layer}.pre_feedforward_layernorm", sizes.Hidden);
        tensors.Norm($"{layer}.post_feedforward_layernorm", sizes.Hidden);
        tensors.Small($"{layer}.layer_scalar", [1]);
        AddAttention(tensors, $"{layer}.self_attn", text, sizes, mixers);
        AddMlp(tensors, layer, text, sizes, mixers);
        AddLayerEmbeddings(tensors, model, layer, text, sizes);
        tensors.Finish(text, sizes, tiedByDefault: true, model);

        if (config.Section("vision_config") is { } vision)
            Gemma4Towers.AddVision(tensors, vision, sizes.Hidden);
        if (config.Section("audio_config") is { } audio)
            Gemma4Towers.AddAudio(tensors, audio, sizes.Hidden);
        return config.ToArchitecture(Name, sizes, [.. mixers], tensors);
    }

    private static ImmutableArray<Mixer.Attention> Mixers(ModelConfig text, DecoderSizes sizes)
    {
        var types = text.LayerTypes(sizes.Layers, "sliding_attention", "full_attention");
        var window = text.OptionalSize("sliding_window") ?? DefaultWindow;
        var globalKvHeads = text.Flag("attention_k_eq_v", false)
            ? text.OptionalSize("num_global_key_value_heads") ?? sizes.KvHeads
            : sizes.KvHeads;
        if (sizes.QueryHeads % globalKvHeads != 0)
        {
            throw text.Contradiction(
                "num_global_key_value_heads",
                $"{globalKvHeads}",
                $"a divisor of the {sizes.QueryHeads} query heads"
            );
        }
        var full = new Mixer.Attention(
            sizes.QueryHeads,
            globalKvHeads,
            text.OptionalSize("global_head_dim") ?? DefaultGlobalHeadSize
        );
        var shared = text.OptionalInteger("num_kv_shared_layers") ?? 0;
        if (shared < 0 || shared >= sizes.Layers)
            throw text.Contradiction("num_kv_shared_layers", $"{shared}", $"fewer than the {sizes.Layers} layers");

        return
        [
            .. Enumerable
                .Range(0, sizes.Layers)
                .Select(layer =>
                    (types is null ? (layer + 1) % DefaultPattern != 0 : types[layer] == "sliding_attention")
                        ? sizes.FullAttention with
                        {
                            Window = window,
                            SharesCache = layer >= sizes.Layers - shared,
                        }
                        : full with
                        {
                            SharesCache = layer >= sizes.Layers - shared,
                        }
                ),
        ];
    }

    private static void AddAttention(
        TensorList tensors,
        string prefix,
        ModelConfig text,
        DecoderSizes sizes,
        ImmutableArray<Mixer.Attention> mixers
    )
    {
        var bias = text.Flag("attention_bias", false);
        foreach (var shape in mixers.Distinct())
        {
            tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, layer => mixers[layer] == shape);
            var queries = (long)shape.QueryHeads * shape.HeadSize;
            var keys = (long)shape.KvHeads * shape.HeadSize;
            tensors.Linear($"{prefix}.q_proj", queries, sizes.Hidden, Sharding.Output, bias, "qkv");
            tensors.Norm($"{prefix}.q_norm", shape.HeadSize);
            tensors.Linear($"{prefix}.o_proj", sizes.Hidden, queries, Sharding.Input, bias);
            if (shape.SharesCache)
                continue;
            tensors.Linear($"{prefix}.k_proj", keys, sizes.Hidden, Sharding.KvHeads, bias, "qkv");
            tensors.Norm($"{prefix}.k_norm", shape.HeadSize);
            // Where keys are values before their norms, one projection makes both; the cache still holds both.
            if (shape.Window is not null || !text.Flag("attention_k_eq_v", false))
                tensors.Linear($"{prefix}.v_proj", keys, sizes.Hidden, Sharding.KvHeads, bias, "qkv");
        }
        tensors.Layers = LayerPatterns.AllLayers(sizes.Layers);
    }

    private static void AddMlp(
        TensorList tensors,
        string layer,
        ModelConfig text,
        DecoderSizes sizes,
        ImmutableArray<Mixer.Attention> mixers
    )
    {
        long intermediate = text.Size("intermediate_size");
        var sharedWidth = text.Flag("use_double_wide_mlp", false) ? 2 * intermediate : intermediate;
        foreach (var shares in (bool[])[false, true])
        {
            tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, index => mixers[index].SharesCache == shares);
            if (!tensors.Layers.IsEmpty)
                tensors.GatedMlp($"{layer}.mlp", sizes.Hidden, shares ? sharedWidth : intermediate);
        }
        tensors.Layers = LayerPatterns.AllLayers(sizes.Layers);
        if (!text.Flag("enable_moe_block", false))
            return;

        var experts = new ExpertSizes(
            text.Size("num_experts"),
            text.Size("top_k_experts"),
            text.Size("moe_intermediate_size", "expert_intermediate_size")
        );
        if (experts.Active > experts.Count)
            throw text.Contradiction("top_k_experts", $"{experts.Active}", $"at most {experts.Count} experts");
        tensors.Router($"{layer}.router.proj", experts.Count, sizes.Hidden);
        tensors.Small($"{layer}.router.scale", [sizes.Hidden]);
        tensors.Small($"{layer}.router.per_expert_scale", [experts.Count]);
        tensors.FusedGatedExperts($"{layer}.experts", sizes.Hidden, experts, inputFirst: false);
        tensors.Norm($"{layer}.post_feedforward_layernorm_1", sizes.Hidden);
        tensors.Norm($"{layer}.post_feedforward_layernorm_2", sizes.Hidden);
        tensors.Norm($"{layer}.pre_feedforward_layernorm_2", sizes.Hidden);
    }

    /// <summary>A second, wide embedding whose slices enter the layers one by one; most of E2B and E4B.</summary>
    private static void AddLayerEmbeddings(
        TensorList tensors,
        string model,
        string layer,
        ModelConfig text,
        DecoderSizes sizes
    )
    {
        var width = text.OptionalInteger("hidden_size_per_layer_input") ?? 256;
        if (width <= 0)
            return;
        tensors.Linear($"{layer}.per_layer_input_gate", width, sizes.Hidden, Sharding.Replicated);
        tensors.Linear($"{layer}.per_layer_projection", sizes.Hidden, width, Sharding.Replicated);
        tensors.Norm($"{layer}.post_per_layer_input_norm", sizes.Hidden);

        tensors.Layers = [];
        var all = (long)sizes.Layers * width;
        tensors.Embedding(
            $"{model}.embed_tokens_per_layer",
            text.OptionalSize("vocab_size_per_layer_input") ?? sizes.Vocabulary,
            all
        );
        tensors.Linear($"{model}.per_layer_model_projection", all, sizes.Hidden, Sharding.Replicated);
        tensors.Norm($"{model}.per_layer_projection_norm", width);
    }
}
