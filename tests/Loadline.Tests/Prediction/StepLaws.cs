using CsCheck;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>What holds for every step, whatever the figures in the catalog.</summary>
public sealed class StepLaws
{
    [Fact]
    public void A_slowdown_of_memory_and_arithmetic_slows_all_but_the_engine_by_its_factor()
    {
        var plain = Deployments.Of("meta-llama/Llama-3.1-8B-Instruct", "mi300x", "vllm", "bf16");
        var kernels = plain.Kernels with { Slowdown = Slowdown.None };
        var overhead = plain.Rules.StepOverhead.Seconds + 8 * plain.Rules.SequenceOverhead.Seconds;
        var shape = new StepShape(512, 0, 1, 7, 1000);

        var fast = new Step(plain with { Kernels = kernels }).TimeOf(shape).Seconds - overhead;
        var slow = new Step(plain with { Kernels = kernels with { Slowdown = new Slowdown(3, 3) } });

        (slow.TimeOf(shape).Seconds - overhead).ShouldBe(3 * fast, 1e-9 * fast);
    }

    /// <summary>Sums of the same terms in another order differ by rounding.</summary>
    private const double Rounding = 1e-9;

    [Fact]
    public void A_longer_context_is_never_faster() =>
        Gen.Select(DeploymentGen.Deployment, DeploymentGen.Shape, DeploymentGen.Growth)
            .Sample(
                (deployment, shape, growth) =>
                    IsNotFaster(
                        deployment,
                        shape,
                        shape with
                        {
                            DecodeContext = shape.DecodeContext * growth,
                            PrefillContext = shape.PrefillContext * growth,
                        }
                    )
            );

    [Fact]
    public void More_sequences_are_never_faster() =>
        Gen.Select(DeploymentGen.Deployment, DeploymentGen.Shape, DeploymentGen.Growth)
            .Sample(
                (deployment, shape, growth) =>
                    IsNotFaster(deployment, shape, shape with { DecodeSequences = shape.DecodeSequences * growth })
            );

    [Fact]
    public void More_prompt_tokens_are_never_faster() =>
        Gen.Select(DeploymentGen.Deployment, DeploymentGen.Shape, DeploymentGen.Growth)
            .Sample(
                (deployment, shape, growth) =>
                    IsNotFaster(deployment, shape, shape with { PrefillTokens = shape.PrefillTokens * growth })
            );

    [Fact]
    public void More_bandwidth_is_never_slower() =>
        Gen.Select(DeploymentGen.Deployment, DeploymentGen.Shape, DeploymentGen.Growth)
            .Sample(
                (deployment, shape, growth) =>
                {
                    var accelerator = deployment.Accelerator;
                    var faster = deployment with
                    {
                        Accelerator = accelerator with
                        {
                            MemoryBandwidth = accelerator.MemoryBandwidth!.Value * growth,
                        },
                    };
                    return TimeOf(faster, shape) <= TimeOf(deployment, shape) * (1 + Rounding);
                }
            );

    [Fact]
    public void More_arithmetic_is_never_slower() =>
        Gen.Select(DeploymentGen.Deployment, DeploymentGen.Shape, DeploymentGen.Growth)
            .Sample(
                (deployment, shape, growth) =>
                {
                    var faster = deployment with
                    {
                        Accelerator = deployment.Accelerator with
                        {
                            Peak = Faster(deployment.Accelerator.Peak, growth),
                        },
                    };
                    return TimeOf(faster, shape) <= TimeOf(deployment, shape) * (1 + Rounding);
                }
            );

    [Fact]
    public void A_step_is_never_faster_than_the_hardware() =>
        Gen.Select(DeploymentGen.Deployment, DeploymentGen.Shape)
            .Sample(
                (deployment, shape) =>
                    new Step(deployment).PhysicalLimit(shape).Seconds <= TimeOf(deployment, shape) * (1 + Rounding)
            );

    [Fact]
    public void The_parts_of_a_step_sum_to_the_whole() =>
        Gen.Select(DeploymentGen.Deployment, DeploymentGen.Shape)
            .Sample(
                (deployment, shape) =>
                {
                    var parts = new Step(deployment).Explain(shape).Sum(item => item.Time.Seconds);
                    return Math.Abs(parts - TimeOf(deployment, shape)) <= parts * Rounding;
                }
            );

    [Fact]
    public void Tensor_parallelism_without_communication_is_never_slower() =>
        Gen.Select(
                Gen.OneOf("meta-llama/Llama-3.1-8B-Instruct", "Qwen/Qwen3-30B-A3B", "deepseek-ai/DeepSeek-V3"),
                Gen.OneOf(2, 4, 8, 16),
                DeploymentGen.Shape
            )
            .Where((model, devices, _) => model.StartsWith("meta", StringComparison.Ordinal) || devices <= 8)
            .Sample(
                (model, devices, shape) =>
                {
                    var split = new Step(Deployments.Of(model, devices: devices))
                        .Explain(shape)
                        .Where(item => item.Bound != Bound.Communication)
                        .Sum(item => item.Time.Seconds);
                    return split <= TimeOf(Deployments.Of(model), shape) * (1 + Rounding);
                },
                iter: 40
            );

    [Fact]
    public void Weights_over_all_ranks_are_never_less_than_the_whole() =>
        Gen.Select(
                Gen.OneOf(
                    "meta-llama/Llama-3.1-8B-Instruct",
                    "openai/gpt-oss-20b",
                    "deepseek-ai/DeepSeek-V3",
                    "facebook/opt-350m",
                    "Qwen/Qwen3-Next-80B-A3B-Instruct"
                ),
                Gen.OneOf(2, 3, 4, 8, 16),
                Gen.OneOf("bf16", "fp8", "int4", "nvfp4", "Q4_K_M")
            )
            .Sample(
                (model, ranks, format) =>
                {
                    var architecture = Deployments.Architecture(model);
                    var weights = WeightFormats.Find(format, architecture);
                    return Shards.WeightsOnRank(architecture, weights, ranks) * ranks
                        >= Shards.WeightsOnRank(architecture, weights, 1);
                },
                iter: 60
            );

    [Fact]
    public void The_cache_over_all_ranks_is_never_less_than_the_whole() =>
        Gen.Select(DeploymentGen.Deployment, Gen.OneOf(2, 3, 4, 8, 16), Gen.Int[0, 200_000])
            .Sample(
                (deployment, ranks, tokens) =>
                    Shards.CacheOnRank(deployment.Architecture, ranks).At(tokens, BlockFormats.Bf16) * ranks
                    >= deployment.Architecture.Cache.At(tokens, BlockFormats.Bf16)
            );

    [Fact]
    public void More_context_or_more_sequences_never_need_less_memory() =>
        Gen.Select(DeploymentGen.Deployment, Gen.Int[1, 100_000], Gen.Int[1, 256], Gen.Int[0, 100_000], Gen.Int[0, 256])
            .Sample(
                (deployment, context, concurrency, moreContext, moreSequences) =>
                {
                    var memory = new ServingMemory(deployment);
                    var few = memory.With(context, concurrency);
                    var many = memory.With(context + moreContext, concurrency + moreSequences);
                    return many.Cache >= few.Cache
                        && many.FreeBytes.Low <= few.FreeBytes.Low + 1
                        && many.FreeBytes.Value <= few.FreeBytes.Value + 1;
                },
                iter: 60
            );

    [Fact]
    public void The_longest_context_fits_and_one_more_block_does_not() =>
        Gen.Select(DeploymentGen.Deployment, Gen.Int[1, 32])
            .Sample(
                (deployment, concurrency) =>
                {
                    var memory = new ServingMemory(deployment);
                    var longest = (long)memory.MaximumContext(concurrency).Low;
                    var block = deployment.Rules.CacheBlockTokens;
                    var limit = deployment.Architecture.MaximumContext ?? long.MaxValue;
                    if (longest > 0 && memory.With(longest, concurrency).FreeBytes.Low < 0)
                        return false;
                    return longest >= limit || memory.With(longest + block, concurrency).FreeBytes.Low < 0;
                },
                iter: 60
            );

    private static bool IsNotFaster(Deployment deployment, StepShape less, StepShape more) =>
        TimeOf(deployment, more) >= TimeOf(deployment, less) * (1 - Rounding);

    private static double TimeOf(Deployment deployment, StepShape shape) => new Step(deployment).TimeOf(shape).Seconds;

    private static PeakRates Faster(PeakRates peak, double factor) =>
        new()
        {
            Fp32 = peak.Fp32 * factor,
            Tf32 = peak.Tf32 * factor,
            Fp16 = peak.Fp16 * factor,
            Bf16 = peak.Bf16 * factor,
            Fp8 = peak.Fp8 * factor,
            Int8 = peak.Int8 * factor,
            Fp4 = peak.Fp4 * factor,
        };
}
