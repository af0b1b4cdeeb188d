namespace Loadline.Models;

/// <summary>
/// Llama 1 to 3.3 and the families that keep its tensors: Granite and MiniCPM scale activations by constants, SmolLM3
/// leaves rotary positions out of some layers, InternLM3 names its bias flags differently. Touvron et al.,
/// arXiv 2302.13971.
/// </summary>
internal sealed class LlamaFamily : Family
{
    /// <summary>Families whose configuration class ties the output embedding when the file does not say.</summary>
    private static readonly string[] TiedByDefault = ["smollm3", "minicpm"];

    public override string Name => "llama";

    public override IReadOnlyList<string> ModelTypes =>
        ["llama", "granite", "smollm3", "minicpm", "internlm3", "seed_oss"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var qkvBias =
            config.Flag("attention_bias", false) || config.Flag("bias", false) || config.Flag("qkv_bias", false);
        // Seed-OSS has biases on query, key and value but says "no" for the output on its own.
        var outputBias =
            config.Flag("attention_out_bias", config.Flag("attention_bias", false)) || config.Flag("bias", false);
        var mlpBias = config.Flag("mlp_bias", false) || config.Flag("bias", false);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention(
            $"{Layer}.self_attn",
            sizes.Hidden,
            sizes.FullAttention,
            qkvBias: qkvBias,
            outputBias: outputBias
        );
        tensors.GatedMlp($"{Layer}.mlp", sizes.Hidden, config.Size("intermediate_size"), mlpBias);
        tensors.Finish(config, sizes, TiedByDefault.Contains(config.ModelType));

        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
