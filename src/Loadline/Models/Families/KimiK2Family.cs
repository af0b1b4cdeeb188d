namespace Loadline.Models;

/// <summary>Kimi-K2 and, with the MoonViT vision tower, K2.5 to K2.7. arXiv 2507.20534.</summary>
internal sealed class KimiK2Family : Family
{
    public override string Name => "kimi-k2";

    public override IReadOnlyList<string> ModelTypes => ["kimi_k2", "kimi_k25"];

    public override Architecture Describe(ModelConfig config)
    {
        if (config.Section("text_config") is not { } text)
            return LatentExpertDecoder.Describe(config, config, Name);

        return LatentExpertDecoder.Describe(
            config,
            text,
            Name,
            "language_model.model",
            addOthers: tensors =>
            {
                if (config.Section("vision_config") is { } vision)
                    MoonVision.Add(tensors, vision, text.Size("hidden_size"));
            }
        );
    }
}
