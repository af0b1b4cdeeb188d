namespace Loadline.Models;

/// <summary>The vision transformer of Qwen3-VL and Qwen3.5: 3-D patches, fused attention, merged patches.</summary>
internal static class QwenVision
{
    public static void Add(TensorList tensors, ModelConfig vision, string prefix = "model.visual")
    {
        var width = vision.Size("hidden_size");
        var patch = vision.Size("patch_size");
        var merge = vision.Size("spatial_merge_size");
        // Qwen3VLVisionConfig: three colours unless it says otherwise.
        var channels = vision.OptionalSize("in_channels") ?? 3;

        tensors.Part = ModelPart.Vision;
        tensors.Layers = [];
        tensors.Patches(
            $"{prefix}.patch_embed.proj",
            width,
            [channels, vision.Size("temporal_patch_size"), patch, patch],
            bias: true
        );
        tensors.Positions($"{prefix}.pos_embed", vision.Size("num_position_embeddings"), width);

        tensors.Layers = LayerPatterns.AllLayers(vision.LayerCount("depth"));
        var block = $"{prefix}.blocks.{{layer}}";
        tensors.Norm($"{block}.norm1", width, bias: true);
        tensors.Norm($"{block}.norm2", width, bias: true);
        tensors.Linear($"{block}.attn.qkv", 3L * width, width, Sharding.Output, bias: true);
        tensors.Linear($"{block}.attn.proj", width, width, Sharding.Input, bias: true);
        tensors.Mlp($"{block}.mlp", width, vision.Size("intermediate_size"), "linear_fc1", "linear_fc2");

        tensors.Part = ModelPart.Projector;
        tensors.Layers = [];
        var merged = (long)width * merge * merge;
        var output = vision.Size("out_hidden_size");
        Merger(tensors, $"{prefix}.merger", width, merged, output);
        // Features of earlier blocks enter the language model's first layers through mergers of their own.
        if (vision.OptionalIntegers("deepstack_visual_indexes") is { Count: > 0 } taps)
        {
            tensors.Layers = LayerPatterns.AllLayers(taps.Count);
            Merger(tensors, $"{prefix}.deepstack_merger_list.{{layer}}", merged, merged, output);
        }
    }

    private static void Merger(TensorList tensors, string name, long normalized, long merged, int output)
    {
        tensors.Norm($"{name}.norm", normalized, bias: true);
        tensors.Linear($"{name}.linear_fc1", merged, merged, Sharding.Output, bias: true);
        tensors.Linear($"{name}.linear_fc2", output, merged, Sharding.Input, bias: true);
    }
}
