using Loadline.Tests;
using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

public sealed class MemoryTests
{
    [Fact]
    public void Llama_70B_in_16_bit_does_not_fit_on_one_80_GB_card()
    {
        var run = Run.Of(
            "memory",
            "meta-llama/Llama-3.1-70B-Instruct",
            "--on",
            "nvidia-a100-sxm-80gb",
            "--weights",
            "bf16",
            "--json"
        );

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("fits").GetBoolean().ShouldBeFalse();
        run.Json.GetProperty("reason").GetString().ShouldNotBeNullOrEmpty();
        // 141.1 GB of weights on 85.9 GB: at least 55.2 GB are missing.
        run.Json.GetProperty("shortfallBytes").GetInt64().ShouldBeGreaterThan(55_000_000_000);
        run.Json.GetProperty("nearest").GetArrayLength().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void It_fits_on_four_of_them()
    {
        var run = Run.Of(
            "memory",
            "meta-llama/Llama-3.1-70B-Instruct",
            "--on",
            "4x:nvidia-a100-sxm-80gb",
            "--tensor-parallel",
            "4",
            "--weights",
            "bf16",
            "--json"
        );

        run.ExitCode.ShouldBe(0);
        var devices = run.Json.GetProperty("perDevice");
        devices.GetArrayLength().ShouldBe(4);
        // 70,553,706,496 parameters x 2 bytes / 4, and the norms once per device instead of a quarter.
        devices[0].GetProperty("weightsBytes").GetInt64().ShouldBeInRange(35_276_853_248, 35_280_000_000);
        foreach (var name in (string[])["activationBytes", "overheadBytes", "freeBytes"])
        {
            var quantity = devices[0].GetProperty(name);
            quantity
                .GetProperty("low")
                .GetDouble()
                .ShouldBeLessThanOrEqualTo(quantity.GetProperty("value").GetDouble());
            quantity
                .GetProperty("value")
                .GetDouble()
                .ShouldBeLessThanOrEqualTo(quantity.GetProperty("high").GetDouble());
            quantity.GetProperty("evidence").GetString().ShouldNotBeNullOrEmpty();
        }
    }

    [Fact]
    public void A_context_and_a_concurrency_take_their_cache()
    {
        var run = Run.Of(
            "memory",
            "meta-llama/Llama-3.1-8B-Instruct",
            "--on",
            "h100-sxm",
            "--context",
            "8192",
            "--concurrency",
            "16",
            "--json"
        );

        run.ExitCode.ShouldBe(0);
        // 131,072 bytes per token x 8,192 x 16.
        run.Json.GetProperty("perDevice")[0].GetProperty("cacheBytes").GetInt64().ShouldBe(131_072L * 8_192 * 16);
    }

    [Fact]
    public void The_page_looks_as_it_should() =>
        Golden.Matches(
            "memory-llama-70b",
            Run.Of("memory", "meta-llama/Llama-3.1-70B-Instruct", "--on", "4x:nvidia-a100-sxm-80gb").Output
        );
}
