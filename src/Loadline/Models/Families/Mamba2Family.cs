namespace Loadline.Models;

/// <summary>Mamba-2 as state-spaces publishes it: nothing but state-space layers. arXiv 2405.21060.</summary>
internal sealed class Mamba2Family : Family
{
    public override string Name => "mamba2";

    public override IReadOnlyList<string> ModelTypes => ["mamba2"];

    public override Architecture Describe(ModelConfig config)
    {
        var hidden = config.Size("d_model", "hidden_size");
        if (config.OptionalInteger("d_intermediate") > 0)
            throw config.Contradiction("d_intermediate", "MLPs between the layers", "0");
        if (config.OptionalIntegers("attn_layer_idx") is { Count: > 0 })
            throw config.Contradiction("attn_layer_idx", "attention layers", "[]");

        // The layer's own defaults: expand 2, heads of 64, state 128, one group, kernel 4.
        var layer = config.Section("ssm_cfg") ?? config;
        var headSize = layer.OptionalSize("headdim") ?? layer.OptionalSize("head_dim") ?? 64;
        var inner = (long)(layer.OptionalSize("expand") ?? 2) * hidden;
        if (inner % headSize != 0)
            throw config.Contradiction("headdim", $"{headSize}", $"a divisor of the inner width {inner}");
        var mamba = new MambaSizes(
            checked((int)(inner / headSize)),
            headSize,
            layer.OptionalSize("d_state") ?? layer.OptionalSize("state_size") ?? 128,
            layer.OptionalSize("ngroups") ?? layer.OptionalSize("n_groups") ?? 1,
            layer.OptionalSize("d_conv") ?? layer.OptionalSize("conv_kernel") ?? 4
        );

        var multiple = config.OptionalSize("pad_vocab_size_multiple") ?? 1;
        var vocabulary = (config.Size("vocab_size") + multiple - 1) / multiple * multiple;
        var layers = config.LayerCount("n_layer", "num_hidden_layers");

        var tensors = new TensorList();
        tensors.Embedding("backbone.embedding", vocabulary, hidden);
        tensors.Layers = LayerPatterns.AllLayers(layers);
        const string Layer = "backbone.layers.{layer}";
        tensors.Norm($"{Layer}.norm", hidden);
        tensors.Mamba($"{Layer}.mixer", hidden, mamba, projectionBias: false, convolutionBias: true, gatedNorm: true);
        tensors.Layers = [];
        tensors.Norm("backbone.norm_f", hidden);
        var tied = config.Flag("tie_embeddings", config.Flag("tie_word_embeddings", true));
        tensors.Head("lm_head", vocabulary, hidden, tied ? "backbone.embedding.weight" : null);

        return new Architecture
        {
            Family = Name,
            HiddenSize = hidden,
            VocabularySize = vocabulary,
            MaximumContext = null,
            DataType = config.DataType(BlockFormats.Fp16),
            Layers = mamba.Mixer.Repeat(layers),
            Tensors = tensors.ToInventory(),
        };
    }
}
