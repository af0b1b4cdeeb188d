namespace Loadline.Models;

/// <summary>The SigLIP vision transformer, as Gemma 3 uses it. Zhai et al., arXiv 2303.15343.</summary>
internal static class SiglipVision
{
    public static void Add(TensorList tensors, ModelConfig vision, string prefix)
    {
        var width = vision.Size("hidden_size");
        var intermediate = vision.Size("intermediate_size");
        var patch = vision.Size("patch_size");
        // SiglipVisionConfig: three colours unless it says otherwise.
        var channels = vision.OptionalSize("num_channels") ?? 3;
        long side = vision.Size("image_size") / patch;

        tensors.Part = ModelPart.Vision;
        tensors.Layers = [];
        tensors.Patches($"{prefix}.embeddings.patch_embedding", width, [channels, patch, patch], bias: true);
        tensors.Positions($"{prefix}.embeddings.position_embedding", side * side, width);

        tensors.Layers = LayerPatterns.AllLayers(vision.LayerCount("num_hidden_layers"));
        var layer = $"{prefix}.encoder.layers.{{layer}}";
        tensors.Norm($"{layer}.layer_norm1", width, bias: true);
        tensors.Norm($"{layer}.layer_norm2", width, bias: true);
        foreach (var projection in (string[])["q_proj", "k_proj", "v_proj"])
            tensors.Linear($"{layer}.self_attn.{projection}", width, width, Sharding.Output, bias: true, "qkv");
        tensors.Linear($"{layer}.self_attn.out_proj", width, width, Sharding.Input, bias: true);
        tensors.Mlp($"{layer}.mlp", width, intermediate, "fc1", "fc2");

        tensors.Layers = [];
        tensors.Norm($"{prefix}.post_layernorm", width, bias: true);
        if (vision.Flag("vision_use_head", true))
            throw vision.Contradiction("vision_use_head", "true", "false: no language model reads the pooling head");
    }
}
