namespace Loadline.Models;

/// <summary>gpt-oss: every second layer sees 128 tokens, attention sinks, biases on everything. arXiv 2508.10925.</summary>
/// <remarks>
/// The checkpoint keeps each layer's experts in one MXFP4 tensor, split into <c>_blocks</c> and <c>_scales</c>. The
/// shapes here are those of the blocks with 32 inputs counted per block: experts, outputs, inputs.
/// </remarks>
internal sealed class GptOssFamily : Family
{
    /// <summary>GptOssConfig's defaults.</summary>
    private const int DefaultWindow = 128;
    private const int DefaultPattern = 2;

    public override string Name => "gpt-oss";

    public override IReadOnlyList<string> ModelTypes => ["gpt_oss"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var bias = config.Flag("attention_bias", true);
        var experts = ExpertSizes.Read(config, "intermediate_size", "num_local_experts");

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
        tensors.Small($"{Layer}.self_attn.sinks", [sizes.QueryHeads], Sharding.Output);
        tensors.Router($"{Layer}.mlp.router", experts.Count, sizes.Hidden, bias: true);
        Experts(tensors, $"{Layer}.mlp.experts.gate_up_proj", 2L * experts.Intermediate, sizes.Hidden, experts);
        Experts(tensors, $"{Layer}.mlp.experts.down_proj", sizes.Hidden, experts.Intermediate, experts);

        tensors.Finish(config, sizes, tiedByDefault: false);

        var window = config.OptionalSize("sliding_window") ?? DefaultWindow;
        return config.ToArchitecture(Name, sizes, config.WindowedAttention(sizes, window, DefaultPattern), tensors);
    }

    private static void Experts(TensorList tensors, string name, long output, long input, ExpertSizes experts)
    {
        tensors.FusedExperts(name, [experts.Count, output, input], experts);
        tensors.FusedExperts($"{name}_bias", [experts.Count, output], experts, TensorRole.Bias);
    }
}
