using CsCheck;
using Loadline.Prediction;

namespace Loadline.Tests.Prediction;

/// <summary>Deployments and loads to state laws over.</summary>
internal static class DeploymentGen
{
    private static readonly Deployment[] All =
    [
        Deployments.Of("meta-llama/Llama-3.1-8B-Instruct"),
        Deployments.Of("meta-llama/Llama-3.1-8B-Instruct", "a100-80gb", "sglang", "int4", devices: 2),
        Deployments.Of("meta-llama/Llama-3.1-70B-Instruct", "h200", "trtllm", "fp8", devices: 4, cache: "fp8"),
        Deployments.Of("Qwen/Qwen3-30B-A3B", "b200-sxm", "trtllm", "nvfp4"),
        Deployments.Of("openai/gpt-oss-120b", "h100", devices: 2),
        Deployments.Of("deepseek-ai/DeepSeek-V3", "h200", "sglang", devices: 8),
        Deployments.Of("deepseek-ai/DeepSeek-V3.2", "b200-sxm", devices: 8),
        Deployments.Of("Qwen/Qwen3-Next-80B-A3B-Instruct", "h100", devices: 4),
        Deployments.Of("google/gemma-3-27b-it", "mi300x"),
        Deployments.Of("meta-llama/Meta-Llama-3-8B", "rtx-4090", "llama.cpp", "Q4_K_M"),
        Deployments.Of("meta-llama/Meta-Llama-3-70B", "rtx-4090", "llama.cpp", "Q4_K_M", devices: 3),
        Deployments.Of("Qwen/Qwen3-30B-A3B", "m2-ultra", "llama.cpp", "Q4_K_M"),
        Deployments.Of("meta-llama/Llama-3.1-8B-Instruct", "rtx-4090", "transformers"),
    ];

    public static readonly Gen<Deployment> Deployment = Gen.OneOf(All);

    /// <summary>A step: tokens of a prompt behind some others, and sequences that decode.</summary>
    public static readonly Gen<StepShape> Shape = Gen.Select(
            Gen.Int[0, 8192],
            Gen.Int[0, 100_000],
            Gen.Int[0, 512],
            Gen.Int[1, 100_000]
        )
        .Where((prefill, _, decoding, _) => prefill + decoding > 0)
        .Select(
            (prefill, cached, decoding, context) =>
                new StepShape(prefill, prefill > 0 ? cached : 0, prefill > 0 ? 1 : 0, decoding, context)
        );

    /// <summary>A factor from 1 to 4.</summary>
    public static readonly Gen<double> Growth = Gen.Double[1, 4];

    public static readonly Gen<RequestShape> Request = Gen.Select(Gen.Int[1, 20_000], Gen.Int[2, 2_000])
        .Select((prompt, output) => new RequestShape(prompt, output));
}
