namespace Loadline.Models;

/// <summary>Ministral 3, Devstral 2 and Mistral Small 3.1: Mistral without a window, alone or under a Pixtral tower.</summary>
internal sealed class MinistralFamily : Family
{
    public override string Name => "ministral";

    public override IReadOnlyList<string> ModelTypes => ["ministral3", "mistral3"];

    public override Architecture Describe(ModelConfig config)
    {
        var text = config.TextSection();
        var model = text == config ? "model" : "language_model.model";
        // Ministral3Config: 8 key-value heads, heads of 128.
        var sizes = DecoderSizes.Read(text, kvHeads: 8, headSize: 128);
        var mixer = sizes.Attention(text.OptionalSize("sliding_window"));

        var tensors = sizes.Begin(model);
        var layer = $"{model}.layers.{{layer}}";
        tensors.PreNorms(layer, sizes.Hidden);
        tensors.Attention($"{layer}.self_attn", sizes.Hidden, mixer);
        tensors.GatedMlp($"{layer}.mlp", sizes.Hidden, text.Size("intermediate_size"));
        tensors.Finish(text, sizes, tiedByDefault: false, model);

        if (config.Section("vision_config") is { } vision)
            PixtralVision.Add(tensors, config, vision, sizes.Hidden);
        return config.ToArchitecture(Name, sizes, mixer.Repeat(sizes.Layers), tensors);
    }
}
