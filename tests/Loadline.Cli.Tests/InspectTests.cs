using System.Text.Json;
using Loadline.Tests;
using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

public sealed class InspectTests
{
    // Published element counts: Hugging Face safetensors metadata of each model, as of 2026-08-21.
    [Theory]
    [InlineData("facebook/opt-350m", 331_196_416)]
    [InlineData("meta-llama/Llama-3.1-8B-Instruct", 8_030_261_248)]
    [InlineData("Qwen/Qwen2.5-0.5B", 494_032_768)]
    [InlineData("meta-llama/Llama-3.1-405B", 405_853_388_800)]
    [InlineData("meta-llama/Llama-3.1-70B", 70_553_706_496)]
    [InlineData("mistralai/Mixtral-8x7B-v0.1", 46_702_792_704)]
    [InlineData("mistralai/Mixtral-8x7B-Instruct-v0.1", 46_702_792_704)]
    [InlineData("gpt2", 124_439_808)]
    public void The_total_is_the_published_count(string model, long parameters)
    {
        var run = Run.Of("inspect", model, "--json");

        run.ExitCode.ShouldBe(0);
        run.Json.GetProperty("parameters").GetProperty("total").GetInt64().ShouldBe(parameters);
    }

    [Fact]
    public void Opt_350m_takes_four_bytes_per_parameter_at_fp32() =>
        Run.Of("inspect", "facebook/opt-350m", "--json")
            .Json.GetProperty("weightBytes")
            .GetProperty("fp32")
            .GetInt64()
            .ShouldBe(1_324_785_664);

    [Fact]
    public void Llama_8B_caches_128_KiB_per_token() =>
        Run.Of("inspect", "meta-llama/Llama-3.1-8B-Instruct", "--json")
            .Json.GetProperty("cache")
            .GetProperty("bytesPerToken")
            .GetInt64()
            .ShouldBe(131_072);

    [Fact]
    public void The_lines_of_an_explanation_add_up_to_the_total()
    {
        var parameters = Run.Of("inspect", "google/gemma-3-4b-it", "--json").Json.GetProperty("parameters");

        var items = parameters
            .GetProperty("items")
            .EnumerateArray()
            .Sum(item => item.GetProperty("parameters").GetInt64());
        var parts = parameters
            .GetProperty("parts")
            .EnumerateArray()
            .Sum(part => part.GetProperty("parameters").GetInt64());
        items.ShouldBe(parts);
        foreach (var item in parameters.GetProperty("items").EnumerateArray())
        {
            var product = item.GetProperty("shape")
                .EnumerateArray()
                .Aggregate(1L, (count, size) => count * size.GetInt64());
            item.GetProperty("count").GetInt64().ShouldBe(product);
        }
    }

    [Fact]
    public void Every_field_of_the_contract_is_there()
    {
        var json = Run.Of("inspect", "openai/gpt-oss-20b", "--context", "4096", "--json").Json;

        foreach (var name in (string[])["model", "architecture", "parameters", "weightBytes", "cache"])
            json.TryGetProperty(name, out _).ShouldBeTrue(name);
        foreach (
            var name in (string[])
                ["family", "layers", "hiddenSize", "queryHeads", "kvHeads", "headSize", "vocabularySize"]
        )
            json.GetProperty("architecture").TryGetProperty(name, out _).ShouldBeTrue(name);
        foreach (var name in (string[])["total", "active", "parts", "stored", "items"])
            json.GetProperty("parameters").TryGetProperty(name, out _).ShouldBeTrue(name);
        foreach (var name in (string[])["bytesPerToken", "windows", "stateBytesPerSequence", "bytesAtContext"])
            json.GetProperty("cache").TryGetProperty(name, out _).ShouldBeTrue(name);
        json.GetProperty("cache").GetProperty("windows")[0].GetProperty("tokens").GetInt32().ShouldBe(128);
    }

    [Fact]
    public void The_explanation_of_opt_350m_looks_as_it_should() =>
        Golden.Matches("inspect-opt-350m", Run.Of("inspect", "facebook/opt-350m", "--explain").Output);
}
