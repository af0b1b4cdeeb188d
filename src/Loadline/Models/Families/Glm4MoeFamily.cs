using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>GLM-4.5 to 4.7: grouped queries with biases, experts after the first layers. arXiv 2508.06471.</summary>
internal sealed class Glm4MoeFamily : Family
{
    public override string Name => "glm4-moe";

    public override IReadOnlyList<string> ModelTypes => ["glm4_moe"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);

        var tensors = sizes.Begin();
        Layers(tensors, config, sizes, LayerPatterns.AllLayers(sizes.Layers));
        tensors.Finish(config, sizes, tiedByDefault: false);

        var prediction = tensors.BeginPrediction(config, sizes, "model", storesCopies: true);
        if (!prediction.IsEmpty)
            Layers(tensors, config, sizes, prediction);

        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }

    private static void Layers(TensorList tensors, ModelConfig config, DecoderSizes sizes, ImmutableArray<int> layers)
    {
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention(
            $"{Layer}.self_attn",
            sizes.Hidden,
            sizes.FullAttention,
            qkvBias: config.Flag("attention_bias", false)
        );
        if (config.Flag("use_qk_norm", false))
            tensors.QueryKeyNorms($"{Layer}.self_attn", sizes.HeadSize, sizes.HeadSize);

        var experts = ExpertSizes.Read(config, "moe_intermediate_size", "n_routed_experts");
        tensors.DenseOrExperts(
            $"{Layer}.mlp",
            sizes.Hidden,
            layers,
            config.FirstDenseLayers(sizes.Layers),
            () => config.Size("intermediate_size"),
            experts,
            (long)(config.OptionalInteger("n_shared_experts") ?? 0) * experts.Intermediate,
            correction: true
        );
    }
}
