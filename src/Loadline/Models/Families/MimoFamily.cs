using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>MiMo-7B: Qwen 2 with prediction layers. Xiaomi, arXiv 2505.07608.</summary>
internal sealed class MimoFamily : Family
{
    public override string Name => "mimo";

    public override IReadOnlyList<string> ModelTypes => ["mimo"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);

        var tensors = sizes.Begin();
        AddLayers(tensors, "model.layers.{layer}", config, sizes);
        tensors.Finish(config, sizes, tiedByDefault: false);

        var prediction = config.PredictionLayers("num_nextn_predict_layers");
        if (prediction > 0)
        {
            const string Layer = "model.mtp_layers.{layer}";
            tensors.Part = ModelPart.Mtp;
            tensors.Layers = LayerPatterns.AllLayers(prediction);
            AddLayers(tensors, Layer, config, sizes);
            tensors.Norm($"{Layer}.token_layernorm", sizes.Hidden);
            tensors.Norm($"{Layer}.hidden_layernorm", sizes.Hidden);
            tensors.Linear($"{Layer}.input_proj", sizes.Hidden, 2L * sizes.Hidden, Sharding.Replicated);
            tensors.Norm($"{Layer}.final_layernorm", sizes.Hidden);
        }

        return config.ToArchitecture(Name, sizes, Qwen2Family.Mixers(config, sizes), tensors);
    }

    private static void AddLayers(TensorList tensors, string layer, ModelConfig config, DecoderSizes sizes)
    {
        tensors.PreNorms(layer, sizes.Hidden);
        tensors.Attention(
            $"{layer}.self_attn",
            sizes.Hidden,
            sizes.FullAttention,
            qkvBias: config.Flag("attention_bias", true)
        );
        tensors.GatedMlp($"{layer}.mlp", sizes.Hidden, config.Size("intermediate_size"));
    }
}
