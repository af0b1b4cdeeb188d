namespace Loadline.Models;

/// <summary>Gemma 3, text only or with a SigLIP vision tower: five windowed layers to one that sees all.</summary>
/// <remarks>
/// Gemma Team, arXiv 2503.19786. The files of 4B to 27B give a vocabulary of 262,208 or, rebuilt by others, of
/// 262,144: the 64 rows are padding for the image tokens, and the checkpoint holds them.
/// </remarks>
internal sealed class Gemma3Family : Family
{
    /// <summary>Gemma3TextConfig's defaults.</summary>
    private const int DefaultWindow = 4096;
    private const int DefaultPattern = 6;
    private const int DefaultHeadSize = 256;

    public override string Name => "gemma3";

    public override IReadOnlyList<string> ModelTypes => ["gemma3_text", "gemma3"];

    public override Architecture Describe(ModelConfig config)
    {
        var text = config.TextSection();
        var model = text == config ? "model" : "language_model.model";
        var sizes = DecoderSizes.Read(text, headSize: DefaultHeadSize);
        var bias = text.Flag("attention_bias", false);

        var tensors = sizes.Begin(model);
        var layer = $"{model}.layers.{{layer}}";
        tensors.PreNorms(layer, sizes.Hidden);
        tensors.Norm($"{layer}.pre_feedforward_layernorm", sizes.Hidden);
        tensors.Norm($"{layer}.post_feedforward_layernorm", sizes.Hidden);
        tensors.Attention($"{layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
        tensors.QueryKeyNorms($"{layer}.self_attn", sizes.HeadSize, sizes.HeadSize);
        tensors.GatedMlp($"{layer}.mlp", sizes.Hidden, text.Size("intermediate_size"));

        tensors.Finish(text, sizes, tiedByDefault: true, model);

        if (config.Section("vision_config") is { } vision)
        {
            SiglipVision.Add(tensors, vision, "vision_tower.vision_model");
            var width = vision.Size("hidden_size");
            tensors.Part = ModelPart.Projector;
            tensors.Add(
                new Tensor("multi_modal_projector.mm_input_projection_weight", [width, sizes.Hidden], TensorRole.Linear)
                {
                    InputFirst = true,
                }
            );
            tensors.Norm("multi_modal_projector.mm_soft_emb_norm", width);
        }

        var window = text.OptionalSize("sliding_window") ?? DefaultWindow;
        var pattern = text.OptionalSize("sliding_window_pattern") ?? DefaultPattern;
        return config.ToArchitecture(Name, sizes, text.WindowedAttention(sizes, window, pattern), tensors);
    }
}
