using System.Collections.Immutable;
using System.Globalization;
using Loadline.Models;

namespace Loadline.Quantization.Inference;

/// <summary>Reads <see cref="InferenceSettings"/> off a Hugging Face configuration.</summary>
/// <remarks>
/// Defaults are those of the configuration classes of Transformers 4, for fields that published files leave out. What
/// would change the result and is not computed here is refused by name.
/// </remarks>
internal static class SettingsReader
{
    private const double DefaultTheta = 10_000;

    /// <summary>Families with a reader, by <c>model_type</c>.</summary>
    private static readonly string[] Known =
    [
        "gemma",
        "gemma2",
        "gpt2",
        "llama",
        "mistral",
        "mixtral",
        "opt",
        "phi3",
        "qwen2",
        "qwen3",
        "qwen3_moe",
    ];

    /// <exception cref="BadContentException">A family or a setting that the forward pass does not compute.</exception>
    public static InferenceSettings Read(ModelConfig config, Architecture architecture, bool forLongContext)
    {
        if (config.Has("text_config"))
            throw config.Contradiction("text_config", "a model inside another", "a language model of its own");
        return config.ModelType switch
        {
            "gemma" => Gemma(config, architecture),
            "gemma2" => Gemma(config, architecture) with
            {
                QueryScale = config.OptionalNumber("query_pre_attn_scalar") ?? 256,
                AttentionSoftCap = SoftCap(config, "attn_logit_softcapping", 50),
                LogitSoftCap = SoftCap(config, "final_logit_softcapping", 30),
            },
            "gpt2" => Gpt2(config),
            "llama" or "mistral" or "qwen2" or "qwen3" => Llama(config, architecture),
            "mixtral" => Llama(config, architecture) with
            {
                NormEpsilon = config.OptionalNumber("rms_norm_eps") ?? 1e-5,
                Rope = RopeReader.Read(config, HeadSize(architecture), 1e6),
                NormalizesExperts = true,
            },
            "qwen3_moe" => Llama(config, architecture) with
            {
                NormalizesExperts = config.Flag("norm_topk_prob", false),
            },
            "opt" => Opt(config),
            "phi3" => Llama(config, architecture) with
            {
                NormEpsilon = config.OptionalNumber("rms_norm_eps") ?? 1e-5,
                Rope = RopeReader.ReadPhi3(config, HeadSize(architecture), forLongContext),
            },
            var other => throw config.Contradiction(
                "model_type",
                $"\"{other}\", whose forward pass is not described",
                $"one of {string.Join(", ", Known)}"
            ),
        };
    }

    private static InferenceSettings Llama(ModelConfig config, Architecture architecture) =>
        new()
        {
            Norm = NormKind.RootMeanSquare,
            NormEpsilon = config.OptionalNumber("rms_norm_eps") ?? 1e-6,
            Activation = ActivationOf(config, "hidden_act", "silu"),
            IsGated = true,
            Rope = config.ModelType is "phi3" or "mixtral"
                ? null
                : RopeReader.Read(config, HeadSize(architecture), DefaultTheta),
        };

    private static InferenceSettings Gemma(ModelConfig config, Architecture architecture)
    {
        // The first files said "gelu" under hidden_act and meant the approximation; hidden_activation corrects it.
        var activation = config.Has("hidden_activation")
            ? ActivationOf(config, "hidden_activation", "")
            : Activation.GeluTanh;
        return new InferenceSettings
        {
            Norm = NormKind.RootMeanSquarePlusOne,
            NormEpsilon = config.OptionalNumber("rms_norm_eps") ?? 1e-6,
            Activation = activation,
            IsGated = true,
            Rope = RopeReader.Read(config, HeadSize(architecture), DefaultTheta),
            EmbeddingScale = Math.Sqrt(architecture.HiddenSize),
        };
    }

    private static InferenceSettings Gpt2(ModelConfig config)
    {
        foreach (var name in (ReadOnlySpan<string>)["scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn"])
        {
            if (config.Flag(name, false))
                throw config.Contradiction(name, "true", "false");
        }
        if (!config.Flag("scale_attn_weights", true))
            throw config.Contradiction("scale_attn_weights", "false", "true");
        return new InferenceSettings
        {
            Norm = NormKind.Layer,
            NormEpsilon = config.OptionalNumber("layer_norm_epsilon") ?? 1e-5,
            Activation = ActivationOf(config, "activation_function", "gelu_new"),
            IsGated = false,
        };
    }

    private static InferenceSettings Opt(ModelConfig config)
    {
        if (!config.Flag("layer_norm_elementwise_affine", true))
            throw config.Contradiction("layer_norm_elementwise_affine", "false", "true");
        return new InferenceSettings
        {
            Norm = NormKind.Layer,
            // torch.nn.LayerNorm's own default, which OPT does not change.
            NormEpsilon = 1e-5,
            Activation = ActivationOf(config, "activation_function", "relu"),
            IsGated = false,
            PositionOffset = 2,
            NormAfterSum = !config.Flag("do_layer_norm_before", true),
        };
    }

    /// <summary>Absent means the class's default, an explicit null means none.</summary>
    private static double? SoftCap(ModelConfig config, string name, double whenAbsent) =>
        config.Mentions(name) ? config.OptionalNumber(name) : whenAbsent;

    private static Activation ActivationOf(ModelConfig config, string field, string whenAbsent) =>
        (config.OptionalText(field) ?? whenAbsent) switch
        {
            "relu" => Activation.Relu,
            "silu" or "swish" => Activation.Silu,
            "gelu" => Activation.Gelu,
            "gelu_new" or "gelu_pytorch_tanh" => Activation.GeluTanh,
            var other => throw config.Contradiction(
                field,
                $"\"{other}\"",
                "relu, silu, gelu, gelu_new or gelu_pytorch_tanh"
            ),
        };

    private static int HeadSize(Architecture architecture) =>
        architecture.Layers[0] is Mixer.Attention attention
            ? attention.HeadSize
            : throw new NotSupportedException("the forward pass computes softmax attention only");
}
