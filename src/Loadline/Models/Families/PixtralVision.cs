namespace Loadline.Models;

/// <summary>The Pixtral vision transformer and the projector that merges its patches. arXiv 2410.07073.</summary>
internal static class PixtralVision
{
    public static void Add(TensorList tensors, ModelConfig config, ModelConfig vision, int textHidden)
    {
        var width = vision.Size("hidden_size");
        var patch = vision.Size("patch_size");
        var channels = vision.OptionalSize("num_channels") ?? 3;

        tensors.Part = ModelPart.Vision;
        tensors.Layers = [];
        tensors.Patches("vision_tower.patch_conv", width, [channels, patch, patch], bias: false);
        tensors.Norm("vision_tower.ln_pre", width);

        tensors.Layers = LayerPatterns.AllLayers(vision.LayerCount("num_hidden_layers"));
        const string Layer = "vision_tower.transformer.layers.{layer}";
        tensors.Norm($"{Layer}.attention_norm", width);
        tensors.Norm($"{Layer}.ffn_norm", width);
        foreach (var projection in (string[])["q_proj", "k_proj", "v_proj"])
            tensors.Linear($"{Layer}.attention.{projection}", width, width, Sharding.Output, group: "qkv");
        tensors.Linear($"{Layer}.attention.o_proj", width, width, Sharding.Input);
        tensors.GatedMlp($"{Layer}.feed_forward", width, vision.Size("intermediate_size"));

        tensors.Part = ModelPart.Projector;
        tensors.Layers = [];
        var bias = config.Flag("multimodal_projector_bias", false);
        // Mistral3Config: two by two patches become one.
        long merge = config.OptionalSize("spatial_merge_size") ?? 2;
        tensors.Norm("multi_modal_projector.norm", width);
        tensors.Linear(
            "multi_modal_projector.patch_merger.merging_layer",
            width,
            merge * merge * width,
            Sharding.Replicated
        );
        tensors.Linear("multi_modal_projector.linear_1", textHidden, width, Sharding.Replicated, bias);
        tensors.Linear("multi_modal_projector.linear_2", textHidden, textHidden, Sharding.Replicated, bias);
    }
}
