using Loadline.Catalog;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Catalog;

public sealed class EngineAndKernelTests
{
    private static readonly CatalogReader Catalog = new();

    // vLLM's default was 0.90 through 0.21 and is 0.92 from 0.22 (vllm/config/cache.py).
    [Theory]
    [InlineData("0.6.4.post1", 0.90, false)]
    [InlineData("0.19", 0.90, false)]
    [InlineData("v0.19.0", 0.90, false)]
    [InlineData("0.21.0", 0.90, true)]
    [InlineData("0.22", 0.92, true)]
    [InlineData("0.22.0rc1", 0.92, true)]
    [InlineData("0.100", 0.92, true)]
    [InlineData("1", 0.92, true)]
    [InlineData(null, 0.92, true)]
    public void Vllm_takes_a_share_of_memory_by_version(string? version, double fraction, bool graphsInside)
    {
        var rules = Catalog.Engines.Find("vllm").RulesFor(version);

        rules.MemoryBudget.ShouldBe(MemoryBudget.FractionOfDevice);
        rules.MemoryFraction.ShouldBe(fraction, 1e-9);
        rules.GraphsInsideBudget.ShouldBe(graphsInside);
    }

    // v0.8.0 of 2025-03-18, v0.9.0 of 2025-05-27 (github.com/vllm-project/vllm/releases).
    [Theory]
    [InlineData("2023-06", "0")]
    [InlineData("2025-02", "0")]
    [InlineData("2025-03", "0.8")]
    [InlineData("2025-03-17", "0")]
    [InlineData("2025-03-18", "0.8")]
    [InlineData("2025-06", "0.9")]
    [InlineData("2026-11-24", "0.22")]
    public void A_date_stands_for_the_newest_version_of_that_day(string date, string since) =>
        Catalog.Engines.Find("vllm").RulesFor(date).Since.ShouldBe(since);

    [Fact]
    public void Every_change_of_rules_has_a_date()
    {
        foreach (var rules in Catalog.Engines.All.SelectMany(engine => engine.Rules.Skip(1)))
            rules.Released.ShouldNotBeNull(rules.Source);
    }

    [Theory]
    [InlineData("")]
    [InlineData("new")]
    [InlineData("0.22.")]
    [InlineData("0.22 beta")]
    [InlineData("-1")]
    [InlineData("99999999999")]
    public void A_malformed_version_is_refused(string version) =>
        Should
            .Throw<BadContentException>(() => Catalog.Engines.Find("vllm").RulesFor(version))
            .Found.ShouldContain($"\"{version}\"");

    [Fact]
    public void A_build_number_is_a_version() =>
        Catalog.Engines.Find("llama.cpp").RulesFor("b6077").MaximumSequences.ShouldBe(1);

    // vllm/engine/arg_utils.py: 8,192 tokens and 1,024 sequences from 70 GiB on, but not on an A100; else 2,048 and 256.
    [Theory]
    [InlineData("h100", 8192, 1024)]
    [InlineData("mi300x", 8192, 1024)]
    [InlineData("a100-80gb", 2048, 256)]
    [InlineData("rtx-4090", 2048, 256)]
    public void Vllm_limits_a_step_by_the_device(string accelerator, int tokens, int sequences)
    {
        var rules = Catalog.Engines.Find("vllm").RulesFor(null).On(Catalog.Accelerators.Find(accelerator));

        rules.MaximumBatchedTokens.ShouldBe(tokens);
        rules.MaximumSequences.ShouldBe(sequences);
    }

    // H100: 512 MiB + 8,192 x 1.5 MiB + 256 x 2 MiB + 128 MiB = 13,440 MiB of 81,559 MiB are kept free.
    [Fact]
    public void Sglang_keeps_a_reserve_instead_of_a_share()
    {
        var rules = Catalog.Engines.Find("sglang").RulesFor("0.5.9").On(Catalog.Accelerators.Find("h100"));

        rules.MemoryFraction.ShouldBe(1 - 13_440.0 / 81_559, 1e-9);
        rules.MaximumBatchedTokens.ShouldBe(8192);
        rules.ActivationsOutsideBudget.ShouldBeTrue();
    }

    [Fact]
    public void A_device_without_rules_of_its_own_keeps_the_defaults()
    {
        var rules = Catalog.Engines.Find("tensorrt-llm").RulesFor(null);

        rules.On(Catalog.Accelerators.Find("h100")).ShouldBe(rules);
        rules.QuantizedKernelStartupFactor.ShouldBe(0.4);
    }

    [Theory]
    [InlineData("h100", "vllm", KernelRung.OwnEngine, "nvidia-h100-sxm-80gb/vllm")]
    [InlineData("h100", "trtllm", KernelRung.OwnEngine, "nvidia-h100-sxm-80gb/tensorrt-llm")]
    [InlineData("h100", "sglang", KernelRung.OwnEngine, "nvidia-h100-sxm-80gb/sglang")]
    [InlineData("h100", "transformers", KernelRung.OtherEngine, "nvidia-h100-sxm-80gb/vllm")]
    [InlineData("a100-40gb", "vllm", KernelRung.SameChip, "nvidia-a100-sxm-80gb/vllm")]
    [InlineData("a100-40gb", "sglang", KernelRung.SameChip, "nvidia-a100-sxm-80gb/sglang")]
    [InlineData("rtx-4090", "vllm", KernelRung.DatasheetOnly, "datasheet-only")]
    [InlineData("mi300x", "vllm", KernelRung.EndToEnd, "datasheet-only")]
    [InlineData("mi250", "ollama", KernelRung.EndToEnd, "datasheet-only/hbmgpu/llama.cpp")]
    [InlineData("mi300x", "sglang", KernelRung.EndToEnd, "datasheet-only")]
    [InlineData("mi325x", "vllm", KernelRung.EndToEnd, "datasheet-only")]
    [InlineData("mi355x", "vllm", KernelRung.DatasheetOnly, "datasheet-only")]
    [InlineData("h100", "llama.cpp", KernelRung.EngineClass, "datasheet-only/hbmgpu/llama.cpp")]
    [InlineData("rtx-4090", "llama.cpp", KernelRung.EngineClass, "datasheet-only/gddrgpu/llama.cpp")]
    [InlineData("rtx-4090", "ollama", KernelRung.EngineClass, "datasheet-only/gddrgpu/llama.cpp")]
    [InlineData("m4-max", "llama.cpp", KernelRung.EngineClass, "datasheet-only/applesilicon/llama.cpp")]
    [InlineData("dgx-spark", "llama.cpp", KernelRung.EngineClass, "datasheet-only/unifiedmemory/llama.cpp")]
    [InlineData("epyc-9654", "llama.cpp", KernelRung.EngineClass, "datasheet-only/cpu/llama.cpp")]
    public void Constants_come_from_the_nearest_rung(string accelerator, string engine, KernelRung rung, string id)
    {
        var match = Catalog.Kernels.For(accelerator, engine);

        match.Rung.ShouldBe(rung);
        match.Constants.Id.ShouldBe(id);
    }

    // The best matrix multiplication measured is 668.4 of 1,307.4 TFLOP/s on MI300X, 784.9 of 1,307.4 on MI325X and 1,565 of
    // 2,516.6 on MI355X: shares of 0.511, 0.600 and 0.622.
    [Theory]
    [InlineData("mi325x", 0.8516)]
    [InlineData("mi355x", 0.8221)]
    public void Runs_of_the_nearest_accelerator_of_a_vendor_stand_in_at_the_share_of_the_rate_that_is_sustained(
        string accelerator,
        double share
    )
    {
        var measured = Catalog.Kernels.For("mi300x", "vllm").Slowdown;

        var slowdown = Catalog.Kernels.For(accelerator, "vllm").Slowdown;

        slowdown.Memory.ShouldBe(measured.Memory, 1e-9);
        slowdown.PerLayer.ShouldBe(measured.PerLayer);
        (slowdown.Compute / measured.Compute).ShouldBe(share, 1e-3);
    }

    [Fact]
    public void Runs_of_a_sister_of_the_same_kind_are_no_runs_of_its_own() =>
        Catalog.Kernels.For("mi355x", "vllm").Runs.ShouldBeNull();

    [Theory]
    [InlineData("h100", "vllm")]
    [InlineData("rtx-4090", "vllm")]
    [InlineData("gaudi2", "vllm")]
    public void Measured_kernels_vendors_of_the_medians_and_single_of_their_kind_are_not_slowed(
        string accelerator,
        string engine
    ) => Catalog.Kernels.For(accelerator, engine).Slowdown.ShouldBe(Slowdown.None);

    [Fact]
    public void Every_slowdown_is_of_two_models_and_no_speed_up()
    {
        Catalog.EndToEnd.All.ShouldNotBeEmpty();
        foreach (var runs in Catalog.EndToEnd.All)
        {
            runs.Models.ShouldBeGreaterThan(1);
            runs.MemorySlowdown.ShouldBeGreaterThanOrEqualTo(1);
            runs.ComputeSlowdown.ShouldBeGreaterThanOrEqualTo(1);
            runs.IntervalFactor.ShouldBeGreaterThan(1);
            Catalog.Accelerators.Find(runs.Accelerator).Id.ShouldBe(runs.Accelerator);
            runs.LayerOverhead.Seconds.ShouldBeGreaterThanOrEqualTo(0);
            runs.TransferOverhead.Seconds.ShouldBeGreaterThanOrEqualTo(0);
            KernelNames().ShouldContain(runs.Engine);
        }
    }

    /// <summary>Engines, and the names under which their older versions have kernels of their own.</summary>
    internal static HashSet<string> KernelNames() =>
        [
            .. Catalog.Engines.All.Select(engine => engine.Id),
            .. Catalog.Engines.All.SelectMany(engine => engine.Rules).Select(rules => rules.Kernels).OfType<string>(),
        ];

    [Theory]
    [InlineData("2024-05", "0")]
    [InlineData("2025-03", "0.8")]
    [InlineData("2025-03-17", "0")]
    [InlineData("2026-12", "0.22")]
    public void A_date_stands_for_the_newest_version_of_the_day(string date, string since) =>
        Catalog.Engines.Find("vllm").RulesFor(date).Since.ShouldBe(since);

    // Published fit for bf16 matrices on the H100 under TensorRT-LLM: 0.78, 0.83, 3.4 us, 2.8.
    [Fact]
    public void A_measured_format_has_its_own_constants_and_another_those_of_its_class()
    {
        var match = Catalog.Kernels.For("h100", "tensorrt-llm");

        match.Matrices("bf16").Rung.ShouldBe(KernelRung.OwnEngine);
        match.Matrices("nf4").Rung.ShouldBe(KernelRung.DatasheetOnly);
        match.Matrices("Q4_K_M").Rung.ShouldBe(KernelRung.DatasheetOnly);
        Catalog.Kernels.For("rtx-4090", "llama.cpp").Matrices("Q4_K_M").Rung.ShouldBe(KernelRung.EngineClass);
    }
}
