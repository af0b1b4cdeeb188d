namespace Loadline.Models;

/// <summary>The vision transformer of Llama 4 with its pixel shuffle, and the projector behind it.</summary>
internal static class Llama4Vision
{
    public static void Add(TensorList tensors, ModelConfig vision, int textHidden)
    {
        var width = vision.Size("hidden_size");
        var intermediate = vision.Size("intermediate_size");
        var patch = vision.Size("patch_size");
        var channels = vision.OptionalSize("num_channels") ?? 3;
        long side = vision.Size("image_size") / patch;
        var input = vision.Size("projector_input_dim");
        var output = vision.Size("projector_output_dim");

        tensors.Part = ModelPart.Vision;
        tensors.Layers = [];
        tensors.Linear(
            "vision_model.patch_embedding.linear",
            width,
            (long)channels * patch * patch,
            Sharding.Replicated
        );
        tensors.Small("vision_model.class_embedding", [width]);
        // One position more than patches, for the class.
        tensors.Add(
            new Tensor("vision_model.positional_embedding_vlm", [side * side + 1, width], TensorRole.PositionEmbedding)
        );
        tensors.Norm("vision_model.layernorm_pre", width, bias: true);
        tensors.Norm("vision_model.layernorm_post", width, bias: true);

        tensors.Layers = LayerPatterns.AllLayers(vision.LayerCount("num_hidden_layers"));
        const string Layer = "vision_model.model.layers.{layer}";
        tensors.Norm($"{Layer}.input_layernorm", width, bias: true);
        tensors.Norm($"{Layer}.post_attention_layernorm", width, bias: true);
        foreach (var projection in (string[])["q_proj", "k_proj", "v_proj"])
            tensors.Linear($"{Layer}.self_attn.{projection}", width, width, Sharding.Output, bias: true, "qkv");
        tensors.Linear($"{Layer}.self_attn.o_proj", width, width, Sharding.Input, bias: true);
        tensors.Mlp($"{Layer}.mlp", width, intermediate, "fc1", "fc2");

        tensors.Layers = [];
        tensors.Linear("vision_model.vision_adapter.mlp.fc1", input, intermediate, Sharding.Replicated);
        tensors.Linear("vision_model.vision_adapter.mlp.fc2", output, input, Sharding.Replicated);
        tensors.Part = ModelPart.Projector;
        tensors.Linear(
            "multi_modal_projector.linear_1",
            textHidden,
            vision.Size("vision_output_dim"),
            Sharding.Replicated
        );
    }
}
