namespace Loadline.Models;

/// <summary>Mistral dense models: Llama with grouped queries, in v0.1 with a sliding window. arXiv 2310.06825.</summary>
internal sealed class MistralFamily : Family
{
    /// <summary>MistralConfig's defaults, which v0.1 leaves out of its file.</summary>
    private const int DefaultWindow = 4096;
    private const int DefaultKvHeads = 8;
    private const double RopeThetaWithWindow = 10_000;

    public override string Name => "mistral";

    public override IReadOnlyList<string> ModelTypes => ["mistral"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config, DefaultKvHeads);
        var mixer = sizes.Attention(Window(config));

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, mixer);
        tensors.GatedMlp($"{Layer}.mlp", sizes.Hidden, config.Size("intermediate_size"));

        tensors.Finish(config, sizes, tiedByDefault: false);

        return config.ToArchitecture(Name, sizes, mixer.Repeat(sizes.Layers), tensors);
    }

    /// <summary>
    /// The window went away with v0.2, which raised the rope base from its default at the same time. A file that
    /// leaves the window out has it only with the old base.
    /// </summary>
    private static int? Window(ModelConfig config)
    {
        if (config.Mentions("sliding_window"))
            return config.OptionalSize("sliding_window");
        return (config.OptionalNumber("rope_theta") ?? RopeThetaWithWindow) <= RopeThetaWithWindow
            ? DefaultWindow
            : null;
    }
}
