namespace Loadline.Models;

/// <summary>The MoonViT vision transformer of Kimi, with the projector that merges patches. arXiv 2504.07491.</summary>
internal static class MoonVision
{
    public static void Add(TensorList tensors, ModelConfig vision, int textHidden)
    {
        var width = vision.Size("vt_hidden_size");
        var patch = vision.Size("patch_size");
        var intermediate = vision.Size("vt_intermediate_size");
        var merge = vision.OptionalIntegers("merge_kernel_size") is [> 0 and var rows, > 0 and var columns]
            ? (long)rows * columns
            : throw vision.Missing("merge_kernel_size", "two positive sizes");

        tensors.Part = ModelPart.Vision;
        tensors.Layers = [];
        tensors.Patches("vision_tower.patch_embed.proj", width, [3, patch, patch], bias: true);
        tensors.Add(
            new Tensor(
                "vision_tower.patch_embed.pos_emb.weight",
                [vision.Size("init_pos_emb_height"), vision.Size("init_pos_emb_width"), width],
                TensorRole.PositionEmbedding
            )
        );

        tensors.Layers = LayerPatterns.AllLayers(vision.LayerCount("vt_num_hidden_layers"));
        const string Block = "vision_tower.encoder.blocks.{layer}";
        tensors.Norm($"{Block}.norm0", width, bias: true);
        tensors.Norm($"{Block}.norm1", width, bias: true);
        tensors.Linear($"{Block}.wqkv", 3L * width, width, Sharding.Output, bias: true);
        tensors.Linear($"{Block}.wo", width, width, Sharding.Input, bias: true);
        tensors.Mlp($"{Block}.mlp", width, intermediate, "fc0", "fc1");

        tensors.Layers = [];
        tensors.Norm("vision_tower.encoder.final_layernorm", width, bias: true);

        tensors.Part = ModelPart.Projector;
        tensors.Norm("mm_projector.pre_norm", width, bias: true);
        tensors.Linear("mm_projector.proj.0", merge * width, merge * width, Sharding.Output, bias: true);
        tensors.Linear("mm_projector.proj.2", textHidden, merge * width, Sharding.Input, bias: true);
    }
}
