using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>Step 3.5 and 3.7 Flash: windowed layers with more query heads, a gate per head, experts beside a shared one.</summary>
/// <remarks>Prediction layers are not described, nor is the vision tower of 3.7, whose files are refused.</remarks>
internal sealed class StepFamily : Family
{
    public override string Name => "step";

    public override IReadOnlyList<string> ModelTypes => ["step3p5", "step3p7"];

    public override Architecture Describe(ModelConfig config)
    {
        config.RefuseTower("vision_config");
        var sizes = DecoderSizes.Read(config, kvHeads: config.OptionalSize("num_attention_groups"));
        var other =
            config.Section("attention_other_setting")
            ?? throw config.Missing("attention_other_setting", "head counts of the windowed layers");
        var windowed = new Mixer.Attention(
            other.Size("num_attention_heads"),
            other.Size("num_attention_groups"),
            other.OptionalSize("head_dim") ?? sizes.HeadSize
        )
        {
            Window = config.Size("sliding_window"),
        };
        var types =
            config.LayerTypes(sizes.Layers, "sliding_attention", "full_attention")
            ?? throw config.Missing("layer_types", "the kind of every layer");

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        foreach (var kind in types.Distinct())
        {
            var shape = kind == "full_attention" ? sizes.FullAttention : windowed;
            tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, layer => types[layer] == kind);
            tensors.Attention($"{Layer}.self_attn", sizes.Hidden, shape);
            tensors.QueryKeyNorms($"{Layer}.self_attn", shape.HeadSize, shape.HeadSize);
            if (config.Flag("use_head_wise_attn_gate", true))
                tensors.Linear($"{Layer}.self_attn.g_proj", shape.QueryHeads, sizes.Hidden, Sharding.Output);
        }
        AddMlps(tensors, Layer, config, sizes);
        tensors.Finish(config, sizes, tiedByDefault: false);

        ImmutableArray<Mixer> mixers =
        [
            .. types.Select<string, Mixer>(type => type == "full_attention" ? sizes.FullAttention : windowed),
        ];
        return config.ToArchitecture(Name, sizes, mixers, tensors);
    }

    private static void AddMlps(TensorList tensors, string layer, ModelConfig config, DecoderSizes sizes)
    {
        var dense = DenseLayers(config, sizes.Layers);
        tensors.Layers = [.. dense.Order()];
        if (dense.Count > 0)
            tensors.GatedMlp($"{layer}.mlp", sizes.Hidden, config.Size("intermediate_size"));
        tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, index => !dense.Contains(index));
        if (tensors.Layers.IsEmpty)
            return;

        var experts = new ExpertSizes(
            config.Size("moe_num_experts", "num_experts"),
            config.Size("moe_top_k", "num_experts_per_tok"),
            config.Size("moe_intermediate_size")
        );
        if (experts.Active > experts.Count)
            throw config.Contradiction("moe_top_k", $"{experts.Active}", $"at most {experts.Count} experts");
        tensors.Router($"{layer}.moe.gate", experts.Count, sizes.Hidden);
        if (config.Flag("use_moe_router_bias", false))
            tensors.RouterBias($"{layer}.moe.router_bias", experts.Count);
        ImmutableArray<long> up = [experts.Count, experts.Intermediate, sizes.Hidden];
        tensors.FusedExperts($"{layer}.moe.gate_proj.weight", up, experts);
        tensors.FusedExperts($"{layer}.moe.up_proj.weight", up, experts);
        ImmutableArray<long> down = [experts.Count, sizes.Hidden, experts.Intermediate];
        tensors.FusedExperts($"{layer}.moe.down_proj.weight", down, experts);
        tensors.GatedMlp($"{layer}.share_expert", sizes.Hidden, config.Size("share_expert_dim"));
    }

    /// <summary>Published files list the layers with experts in one string.</summary>
    private static HashSet<int> DenseLayers(ModelConfig config, int layers)
    {
        if (!config.Has("moe_layers_enum"))
            return [.. Enumerable.Range(0, Math.Min(layers, config.Size("first_k_dense_replace")))];
        var listed = config.OptionalText("moe_layers_enum")!;
        var sparse = new HashSet<int>();
        foreach (var part in listed.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!int.TryParse(part, out var layer) || layer < 0 || layer >= layers)
                throw config.Contradiction("moe_layers_enum", $"\"{part}\"", $"one of {layers} layers");
            sparse.Add(layer);
        }
        return [.. Enumerable.Range(0, layers).Where(layer => !sparse.Contains(layer))];
    }
}
