namespace Loadline.Models;

/// <summary>Qwen 3 dense, alone or under a vision tower: no biases, a norm on every query and key head. arXiv 2505.09388.</summary>
internal sealed class Qwen3Family : Family
{
    /// <summary>Qwen3Config's default, whatever the hidden size.</summary>
    private const int DefaultHeadSize = 128;

    public override string Name => "qwen3";

    public override IReadOnlyList<string> ModelTypes => ["qwen3", "qwen3_vl"];

    public override Architecture Describe(ModelConfig config)
    {
        var text = config.TextSection();
        var model = text == config ? "model" : "model.language_model";
        var sizes = DecoderSizes.Read(text, headSize: DefaultHeadSize);
        var bias = text.Flag("attention_bias", false);

        var tensors = sizes.Begin(model);
        var layer = $"{model}.layers.{{layer}}";
        tensors.PreNorms(layer, sizes.Hidden);
        tensors.Attention($"{layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
        tensors.QueryKeyNorms($"{layer}.self_attn", sizes.HeadSize, sizes.HeadSize);
        tensors.GatedMlp($"{layer}.mlp", sizes.Hidden, text.Size("intermediate_size"));
        tensors.Finish(config, sizes, tiedByDefault: false, model);

        if (config.Section("vision_config") is { } vision)
            QwenVision.Add(tensors, vision);

        return config.ToArchitecture(Name, sizes, Qwen2Family.Mixers(text, sizes), tensors);
    }
}
