namespace Loadline.Models;

/// <summary>Qwen2-VL and Qwen2.5-VL: Qwen 2 under a vision transformer. arXiv 2409.12191, 2502.13923.</summary>
internal sealed class Qwen2VisionFamily : Family
{
    public override string Name => "qwen2-vl";

    public override IReadOnlyList<string> ModelTypes => ["qwen2_vl", "qwen2_5_vl"];

    public override Architecture Describe(ModelConfig config)
    {
        // Files before Transformers 4.52 keep the language model's fields beside the vision section.
        var text = config.TextSection();
        var sizes = DecoderSizes.Read(text);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: true);
        tensors.GatedMlp($"{Layer}.mlp", sizes.Hidden, text.Size("intermediate_size"));
        tensors.Finish(config, sizes, tiedByDefault: false);

        var vision = config.Section("vision_config") ?? throw config.Missing("vision_config", "an object");
        AddVision(tensors, vision, sizes.Hidden, isFirst: config.ModelType == "qwen2_vl");
        return config.ToArchitecture(Name, sizes, Qwen2Family.Mixers(text, sizes), tensors);
    }

    /// <summary>The first version has layer norms and a plain MLP, the second root-mean-square norms and a gated one.</summary>
    private static void AddVision(TensorList tensors, ModelConfig vision, int textHidden, bool isFirst)
    {
        // Qwen2-VL calls the language model's width "hidden_size" here and its own "embed_dim".
        var width = isFirst ? vision.Size("embed_dim") : vision.Size("hidden_size");
        var patch = vision.Size("patch_size", "spatial_patch_size");
        var merge = vision.OptionalSize("spatial_merge_size") ?? 2;
        var frames = vision.OptionalSize("temporal_patch_size") ?? 2;
        var channels = vision.OptionalSize("in_channels") ?? vision.OptionalSize("in_chans") ?? 3;

        tensors.Part = ModelPart.Vision;
        tensors.Layers = [];
        tensors.Patches("visual.patch_embed.proj", width, [channels, frames, patch, patch], bias: false);
        tensors.Layers = LayerPatterns.AllLayers(vision.LayerCount("depth"));
        const string Block = "visual.blocks.{layer}";
        tensors.Norm($"{Block}.norm1", width, bias: isFirst);
        tensors.Norm($"{Block}.norm2", width, bias: isFirst);
        tensors.Linear($"{Block}.attn.qkv", 3L * width, width, Sharding.Output, bias: true);
        tensors.Linear($"{Block}.attn.proj", width, width, Sharding.Input, bias: true);
        if (isFirst)
            tensors.Mlp($"{Block}.mlp", width, (long)vision.Size("mlp_ratio") * width, "fc1", "fc2");
        else
            tensors.GatedMlp($"{Block}.mlp", width, vision.Size("intermediate_size"), bias: true);

        tensors.Part = ModelPart.Projector;
        tensors.Layers = [];
        var merged = (long)width * merge * merge;
        tensors.Norm("visual.merger.ln_q", width, bias: isFirst);
        tensors.Linear("visual.merger.mlp.0", merged, merged, Sharding.Output, bias: true);
        tensors.Linear("visual.merger.mlp.2", textHidden, merged, Sharding.Input, bias: true);
    }
}
