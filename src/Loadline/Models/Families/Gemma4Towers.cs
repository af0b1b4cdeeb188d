namespace Loadline.Models;

/// <summary>The vision and audio encoders of Gemma 4 and their projections into the language model.</summary>
/// <remarks>The bounds to which E2B and E4B clip the inputs and outputs of these matrices are buffers, not parameters.</remarks>
internal static class Gemma4Towers
{
    public static void AddVision(TensorList tensors, ModelConfig vision, int textHidden)
    {
        var width = vision.Size("hidden_size");
        var headSize = vision.Size("head_dim");
        var queries = (long)vision.Size("num_attention_heads") * headSize;
        var keys = (long)vision.Size("num_key_value_heads") * headSize;
        long intermediate = vision.Size("intermediate_size");
        var patch = vision.Size("patch_size");
        const string Tower = "model.vision_tower";

        tensors.Part = ModelPart.Vision;
        tensors.Layers = [];
        tensors.Linear($"{Tower}.patch_embedder.input_proj", width, 3L * patch * patch, Sharding.Replicated);
        tensors.Add(
            new Tensor(
                $"{Tower}.patch_embedder.position_embedding_table",
                [2, vision.Size("position_embedding_size"), width],
                TensorRole.PositionEmbedding
            )
        );
        if (vision.Flag("standardize", false))
        {
            tensors.Small($"{Tower}.std_bias", [width]);
            tensors.Small($"{Tower}.std_scale", [width]);
        }

        tensors.Layers = LayerPatterns.AllLayers(vision.LayerCount("num_hidden_layers"));
        const string Layer = $"{Tower}.encoder.layers.{{layer}}";
        tensors.PreNorms(Layer, width);
        tensors.Norm($"{Layer}.pre_feedforward_layernorm", width);
        tensors.Norm($"{Layer}.post_feedforward_layernorm", width);
        tensors.Linear($"{Layer}.self_attn.q_proj.linear", queries, width, Sharding.Output);
        tensors.Linear($"{Layer}.self_attn.k_proj.linear", keys, width, Sharding.Output);
        tensors.Linear($"{Layer}.self_attn.v_proj.linear", keys, width, Sharding.Output);
        tensors.Linear($"{Layer}.self_attn.o_proj.linear", width, queries, Sharding.Input);
        tensors.QueryKeyNorms($"{Layer}.self_attn", headSize, headSize);
        tensors.Linear($"{Layer}.mlp.gate_proj.linear", intermediate, width, Sharding.Output);
        tensors.Linear($"{Layer}.mlp.up_proj.linear", intermediate, width, Sharding.Output);
        tensors.Linear($"{Layer}.mlp.down_proj.linear", width, intermediate, Sharding.Input);

        Project(tensors, "model.embed_vision", textHidden, width);
    }

    /// <summary>A conformer over mel spectra. The defaults are those of Gemma4AudioConfig.</summary>
    public static void AddAudio(TensorList tensors, ModelConfig audio, int textHidden)
    {
        var width = audio.OptionalSize("hidden_size") ?? 1024;
        var heads = audio.OptionalSize("num_attention_heads") ?? 8;
        var channels = audio.OptionalIntegers("subsampling_conv_channels") ?? [128, 32];
        if (channels is not [> 0 and var first, > 0 and var second])
            throw audio.Contradiction("subsampling_conv_channels", $"{channels.Count} entries", "two positive sizes");
        var output = audio.OptionalSize("output_proj_dims") ?? 1536;
        const string Tower = "model.audio_tower";

        tensors.Part = ModelPart.Audio;
        tensors.Layers = [];
        const string Convolutions = $"{Tower}.subsample_conv_projection";
        tensors.Small($"{Convolutions}.layer0.conv.weight", [first, 1, 3, 3]);
        tensors.Norm($"{Convolutions}.layer0.norm", first);
        tensors.Small($"{Convolutions}.layer1.conv.weight", [second, first, 3, 3]);
        tensors.Norm($"{Convolutions}.layer1.norm", second);
        tensors.Linear($"{Convolutions}.input_proj_linear", width, (long)(first / 4) * second, Sharding.Replicated);
        tensors.Linear($"{Tower}.output_proj", output, width, Sharding.Replicated, bias: true);

        tensors.Layers = LayerPatterns.AllLayers(
            audio.Has("num_hidden_layers") ? audio.LayerCount("num_hidden_layers") : 12
        );
        const string Layer = $"{Tower}.layers.{{layer}}";
        foreach (var mlp in (string[])[$"{Layer}.feed_forward1", $"{Layer}.feed_forward2"])
        {
            tensors.Linear($"{mlp}.ffw_layer_1.linear", 4L * width, width, Sharding.Output);
            tensors.Linear($"{mlp}.ffw_layer_2.linear", width, 4L * width, Sharding.Input);
            tensors.Norm($"{mlp}.pre_layer_norm", width);
            tensors.Norm($"{mlp}.post_layer_norm", width);
        }
        foreach (var projection in (string[])["q_proj", "k_proj", "v_proj"])
            tensors.Linear($"{Layer}.self_attn.{projection}.linear", width, width, Sharding.Output);
        tensors.Linear($"{Layer}.self_attn.post.linear", width, width, Sharding.Input);
        tensors.Linear($"{Layer}.self_attn.relative_k_proj", width, width, Sharding.Output);
        tensors.Small($"{Layer}.self_attn.per_dim_scale", [width / heads]);
        tensors.Linear($"{Layer}.lconv1d.linear_start.linear", 2L * width, width, Sharding.Output);
        tensors.Linear($"{Layer}.lconv1d.linear_end.linear", width, width, Sharding.Input);
        var kernel = audio.OptionalSize("conv_kernel_size") ?? 5;
        tensors.Small($"{Layer}.lconv1d.depthwise_conv1d.weight", [width, 1, kernel], Sharding.Output);
        tensors.Norm($"{Layer}.lconv1d.pre_layer_norm", width);
        tensors.Norm($"{Layer}.lconv1d.conv_norm", width);
        tensors.Norm($"{Layer}.norm_pre_attn", width);
        tensors.Norm($"{Layer}.norm_post_attn", width);
        tensors.Norm($"{Layer}.norm_out", width);

        Project(tensors, "model.embed_audio", textHidden, output);
    }

    private static void Project(TensorList tensors, string name, int textHidden, int width)
    {
        tensors.Part = ModelPart.Projector;
        tensors.Layers = [];
        tensors.Linear($"{name}.embedding_projection", textHidden, width, Sharding.Replicated);
    }
}
