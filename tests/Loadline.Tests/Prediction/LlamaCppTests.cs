using Loadline.Catalog;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>Prompts and tokens of llama.cpp, by version, back end and number of devices.</summary>
public sealed class LlamaCppTests
{
    private const string Llama8B = "meta-llama/Meta-Llama-3-8B";
    private const string Llama70B = "meta-llama/Meta-Llama-3-70B";
    private const string OfMay2024 = "llama.cpp@2024-05";

    // Tokens per second that llama-bench published: XiongjieDai/GPU-Benchmarks-on-LLM-Inference aa72e0e (2024-05), and
    // for the later build ggml-org/llama.cpp#24127.
    [Theory]
    [InlineData("rtx-4090", 1, Llama8B, "F16", OfMay2024, 512, 9382.00)]
    [InlineData("rtx-4090", 1, Llama8B, "F16", OfMay2024, 8192, 4744.18)]
    [InlineData("rtx-4090", 1, Llama8B, "Q4_K_M", OfMay2024, 512, 7138.99)]
    [InlineData("rtx-4090", 4, Llama8B, "Q4_K_M", OfMay2024, 4096, 12491.10)]
    [InlineData("rtx-4090", 4, Llama70B, "Q4_K_M", OfMay2024, 4096, 839.97)]
    [InlineData("rtx-a6000", 1, Llama8B, "F16", OfMay2024, 4096, 3365.79)]
    [InlineData("rtx-a6000", 4, Llama8B, "F16", OfMay2024, 4096, 8327.16)]
    [InlineData("a100-pcie-80gb", 1, Llama8B, "F16", OfMay2024, 512, 7741.34)]
    [InlineData("a100-pcie-80gb", 4, Llama8B, "F16", OfMay2024, 4096, 16025.11)]
    [InlineData("h100-pcie", 1, Llama8B, "Q4_K_M", OfMay2024, 8192, 5185.03)]
    [InlineData("rtx-4090", 1, Llama8B, "Q4_K_S", "llama.cpp@b9500", 512, 12394.00)]
    public void Published_prompts_are_within_the_interval(
        string accelerator,
        int devices,
        string model,
        string weights,
        string engine,
        int tokens,
        double published
    )
    {
        var deployment = Deployments.Of(model, accelerator, engine, weights, devices);

        var seconds = Prompt(deployment, tokens);

        var factor = PredictionError.Of(deployment).Factor;
        (tokens / seconds).ShouldBeInRange(published / factor, published * factor);
    }

    // Same source: tokens generated per second from an empty context, 512 of them.
    [Theory]
    [InlineData("rtx-4090", "F16", OfMay2024, 54.84)]
    [InlineData("m2-ultra", "F16", OfMay2024, 36.90)]
    [InlineData("m2-ultra", "Q4_K_M", OfMay2024, 78.81)]
    public void Published_tokens_are_within_the_interval(
        string accelerator,
        string weights,
        string engine,
        double published
    )
    {
        var deployment = Deployments.Of(Llama8B, accelerator, engine, weights);

        var seconds = new Step(deployment).TimeOf(StepShape.Decode(1, 256)).Seconds;

        var factor = PredictionError.Of(deployment).Factor;
        (1 / seconds).ShouldBeInRange(published / factor, published * factor);
    }

    // Tokens per second of Llama-3.1-8B on processors, and how many threads computed: ikawrakow/ik_llama.cpp discussion
    // 164. Types with codebooks wait for arithmetic, so few threads are what makes them slow.
    [Theory]
    [InlineData("ryzen-7950x", 2, "IQ2_XS", "llama.cpp@b4384", 5.87)]
    [InlineData("ryzen-7950x", 2, "IQ3_S", "ik_llama.cpp", 4.47)]
    [InlineData("ryzen-7950x", 2, "Q8_0", "llama.cpp@b4384", 4.95)]
    [InlineData("m2-max-cpu", 4, "IQ2_XS", "llama.cpp@b4384", 9.49)]
    [InlineData("m2-max-cpu", 4, "Q3_K_S", "llama.cpp@b4384", 11.10)]
    [InlineData("m2-max-cpu", 4, "IQ2_XS", "ik_llama.cpp", 11.12)]
    public void Published_tokens_of_a_few_threads_are_within_the_interval(
        string processor,
        int threads,
        string weights,
        string engine,
        double published
    )
    {
        var deployment = OnThreads(processor, threads, weights, engine);

        var seconds = new Step(deployment).TimeOf(StepShape.Decode(1, 64)).Seconds;

        var factor = PredictionError.Of(deployment).Factor;
        (1 / seconds).ShouldBeInRange(published / factor, published * factor);
    }

    [Fact]
    public void More_threads_are_never_slower_and_no_more_than_there_are_cores_help()
    {
        double Seconds(int? threads) => Prompt(OnThreads("ryzen-7950x", threads, "Q4_0", "llama.cpp@b4384"), 512);

        Seconds(4).ShouldBeGreaterThan(Seconds(8));
        Seconds(8).ShouldBeGreaterThan(Seconds(16));
        Seconds(64).ShouldBe(Seconds(16), 1e-12);
        Seconds(null).ShouldBe(Seconds(16), 1e-12);
    }

    private static Deployment OnThreads(string processor, int? threads, string weights, string engine) =>
        new DeploymentBuilder(Deployments.Catalog)
            .Build(
                new DeploymentRequest
                {
                    Model = Deployments.Model("meta-llama/Llama-3.1-8B-Instruct"),
                    Accelerator = Deployments.Catalog.Accelerators.Find(processor),
                    Threads = threads,
                    Engine = engine,
                    Weights = weights,
                }
            )
            .Deployment;

    [Theory]
    [InlineData("llama.cpp@b3000", "llama.cpp-cublas")]
    [InlineData("llama.cpp@2024-05", "llama.cpp-cublas")]
    [InlineData("llama.cpp@b4000", "llama.cpp-mmq")]
    [InlineData("llama.cpp@b9500", "llama.cpp")]
    [InlineData("llama.cpp", "llama.cpp")]
    public void Versions_run_the_kernels_of_their_time(string engine, string kernels) =>
        Deployments.Of(Llama8B, "rtx-4090", engine, "Q4_K_M").Kernels.Constants.Engine.ShouldBe(kernels);

    [Fact]
    public void Kernels_that_a_version_never_had_on_a_class_are_those_of_today() =>
        Deployments.Of(Llama8B, "m2-ultra", OfMay2024, "Q4_K_M").Kernels.Constants.Engine.ShouldBe("llama.cpp");

    // Widening first cost quantized weights more than it saved; int8 tensor cores made them no slower than F16.
    [Fact]
    public void Quantized_prompts_were_slower_than_16_bit_ones_until_they_ran_in_int8()
    {
        Prompt(Deployments.Of(Llama8B, "rtx-4090", OfMay2024, "Q4_K_M"), 512)
            .ShouldBeGreaterThan(Prompt(Deployments.Of(Llama8B, "rtx-4090", OfMay2024, "F16"), 512));
        Prompt(Deployments.Of(Llama8B, "rtx-4090", "llama.cpp@b9500", "Q4_K_M"), 512)
            .ShouldBeLessThan(Prompt(Deployments.Of(Llama8B, "rtx-4090", OfMay2024, "Q4_K_M"), 512));
    }

    // A T4 has no bf16 units; GGUF blocks are read by kernels of their own all the same.
    [Fact]
    public void Gguf_runs_in_its_own_kernels_on_hardware_without_bf16()
    {
        var plain = Deployments.Of(Llama8B, "t4", "llama.cpp", "Q4_K_M");
        var peak = plain.Accelerator.Peak;
        peak.Bf16.ShouldBeNull();
        var withBf16 = plain with { Accelerator = plain.Accelerator with { Peak = peak with { Bf16 = peak.Fp16 } } };

        foreach (var shape in new[] { StepShape.Decode(1, 256), StepShape.Prefill(512) })
            new Step(plain).TimeOf(shape).Seconds.ShouldBe(new Step(withBf16).TimeOf(shape).Seconds, 1e-12);
    }

    [Fact]
    public void The_first_chunk_of_a_batch_passes_all_stages_and_the_others_add_one()
    {
        var pipeline = new PromptPipeline(Stages: 4, ChunksPerBatch: 4);

        // Four chunks over four stages: seven stage times instead of sixteen.
        Enumerable.Range(0, 4).Sum(pipeline.ShareOf).ShouldBe(7 / 4.0, 1e-12);
        // After a batch the stages have run empty.
        pipeline.ShareOf(4).ShouldBe(1);
        default(PromptPipeline).ShareOf(3).ShouldBe(1);
    }

    // 20 layers of a 70B model to a device: 45 launches each fit the queue of 1,024, 52 do not.
    [Theory]
    [InlineData("F16", 4, true)]
    [InlineData("Q4_K_M", 4, false)]
    [InlineData("Q4_K_M", 8, true)]
    public void Stages_overlap_while_their_launches_fit_the_queue(string weights, int devices, bool overlaps) =>
        (
            PromptPipeline.Of(Deployments.Of(Llama70B, "a100-pcie-80gb", OfMay2024, weights, devices)).Stages > 1
        ).ShouldBe(overlaps);

    [Fact]
    public void Engines_that_wait_after_every_step_have_no_pipeline() =>
        PromptPipeline.Of(Deployments.Of(Llama8B, "h100-sxm", "vllm")).ShouldBe(default);

    // Ryzen AI Max, Llama-2-7B Q4_0, pp512 of builds 9187 (kyuz0/amd-strix-halo-toolboxes d1a34be): 1,516 to 1,545 under
    // ROCm, 347 to 1,338 under Vulkan.
    [Theory]
    [InlineData("llama.cpp", 1532.8)]
    [InlineData("llama.cpp-vulkan", 842.5)]
    public void A_back_end_is_part_of_the_engine(string engine, double published)
    {
        var deployment = Deployments.Of("meta-llama/Llama-2-7b-hf", "ryzen-ai-max-395", engine, "Q4_0");

        var factor = PredictionError.Of(deployment).Factor;
        (512 / Prompt(deployment, 512)).ShouldBeInRange(published / factor, published * factor);
    }

    [Fact]
    public void Times_of_layers_on_a_host_of_unknown_speed_are_refused()
    {
        var question = new ServingQuestion
        {
            Fit = Deployments.Question(Llama70B, "rtx-4090", "llama.cpp", "Q4_K_M") with { DeviceLayers = 30 },
            PromptTokens = 512,
            OutputTokens = 128,
        };

        Should
            .Throw<BadContentException>(() => new ServingPredictor(Deployments.Catalog).Ask(question))
            .Message.ShouldContain("how fast the host computes");
    }

    private static double Prompt(Deployment deployment, int tokens) =>
        new StepCosts(
            new Step(deployment),
            deployment.Rules.MaximumBatchedTokens,
            new RequestShape(tokens, 1),
            pipeline: PromptPipeline.Of(deployment)
        ).Prefill(0);
}
