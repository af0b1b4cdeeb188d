namespace Loadline.Models;

/// <summary>The MoonViT vision transformer of Kimi, with the projector that merges patches. arXiv 2504.07491.</summary>
/// <remarks>K3 drops biases, norms without shift, and attends in a width of its own; its projector norms behind.</remarks>
internal static class MoonVision
{
    public static void Add(TensorList tensors, ModelConfig vision, int textHidden)
    {
        var width = vision.Size("vt_hidden_size");
        var patch = vision.Size("patch_size");
        var attention = vision.OptionalSize("qkv_hidden_size") ?? width;
        var attentionBias = vision.Flag("attn_bias", true);
        var linearBias = vision.Flag("linear_bias", true);
        var normBias = vision.OptionalText("norm_type") != "rmsnorm";

        tensors.Part = ModelPart.Vision;
        tensors.Layers = [];
        var patchBias = vision.Flag("patch_embed_proj_bias", true);
        tensors.Patches("vision_tower.patch_embed.proj", width, [3, patch, patch], patchBias);
        tensors.Add(
            new Tensor(
                "vision_tower.patch_embed.pos_emb.weight",
                [vision.Size("init_pos_emb_height"), vision.Size("init_pos_emb_width"), width],
                TensorRole.PositionEmbedding
            )
        );

        tensors.Layers = LayerPatterns.AllLayers(vision.LayerCount("vt_num_hidden_layers"));
        const string Block = "vision_tower.encoder.blocks.{layer}";
        tensors.Norm($"{Block}.norm0", width, normBias);
        tensors.Norm($"{Block}.norm1", width, normBias);
        tensors.Linear($"{Block}.wqkv", 3L * attention, width, Sharding.Output, attentionBias);
        tensors.Linear($"{Block}.wo", width, attention, Sharding.Input, attentionBias);
        tensors.Mlp($"{Block}.mlp", width, vision.Size("vt_intermediate_size"), "fc0", "fc1", linearBias);

        tensors.Layers = [];
        tensors.Norm("vision_tower.encoder.final_layernorm", width, normBias);
        AddProjector(tensors, vision, width, textHidden);
    }

    private static void AddProjector(TensorList tensors, ModelConfig vision, int width, int textHidden)
    {
        var merged = vision.OptionalIntegers("merge_kernel_size") is [> 0 and var rows, > 0 and var columns]
            ? (long)rows * columns * width
            : throw vision.Missing("merge_kernel_size", "two positive sizes");

        tensors.Part = ModelPart.Projector;
        // The first version norms what it reads, the second what it writes.
        var isSecond = vision.OptionalText("mm_projector_type") switch
        {
            "patchmerger" or null => false,
            "patchmergerv2" => true,
            var other => throw vision.Contradiction(
                "mm_projector_type",
                $"\"{other}\"",
                "patchmerger or patchmergerv2"
            ),
        };
        if (!isSecond)
            tensors.Norm("mm_projector.pre_norm", width, bias: true);
        tensors.Linear("mm_projector.proj.0", merged, merged, Sharding.Output, bias: !isSecond);
        tensors.Linear("mm_projector.proj.2", textHidden, merged, Sharding.Input, bias: !isSecond);
        if (isSecond)
            tensors.Norm("mm_projector.post_norm", textHidden);
    }
}
