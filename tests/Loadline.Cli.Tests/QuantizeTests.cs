using System.Diagnostics;
using Loadline.Tests;
using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

public sealed class QuantizeTests : IDisposable
{
    private static readonly string Model = Path.Combine(
        Repository.Root,
        "tests/Loadline.Quantization.Tests/Fixtures/llama-tiny"
    );

    private readonly string folder = Directory.CreateTempSubdirectory("loadline-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_document_has_the_errors_of_every_tensor()
    {
        var run = Run.Of("quantize", Model, "--to", "Q4_K_M", "--output", Out("a.gguf"), "--json");

        run.ExitCode.ShouldBe(0, run.Error);
        run.Json.GetProperty("method").GetString().ShouldBe("round-to-nearest");
        // 1,443,584 weights of two bytes; see the fixture's README.
        run.Json.GetProperty("bytesIn").GetInt64().ShouldBe(2_887_168);
        run.Json.GetProperty("bytesOut").GetInt64().ShouldBeInRange(800_000, 1_000_000);
        var tensors = run.Json.GetProperty("tensors").EnumerateArray().ToList();
        var down = tensors.Single(tensor => tensor.GetProperty("name").GetString() == "blk.0.ffn_down.weight");
        var noise = down.GetProperty("signalToNoiseDb");
        noise.GetProperty("evidence").GetString().ShouldBe("measured");
        noise.GetProperty("low").GetDouble().ShouldBe(noise.GetProperty("high").GetDouble());
        noise.GetProperty("value").GetDouble().ShouldBeInRange(15, 60);
        down.GetProperty("cosine").GetDouble().ShouldBeInRange(0.98, 1);
        down.GetProperty("maximumAbsoluteError").GetDouble().ShouldBeGreaterThan(0);
        var norm = tensors.Single(tensor => tensor.GetProperty("name").GetString() == "output_norm.weight");
        norm.GetProperty("signalToNoiseDb").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
    }

    [Fact]
    public void The_page_says_first_what_was_written_and_how()
    {
        var run = Run.Of("quantize", Model, "--to", "fp8", "--output", Out("fp8"));

        run.ExitCode.ShouldBe(0, run.Error);
        run.Output.Split('\n')[0].ShouldEndWith("as fp8, round-to-nearest.");
        run.Output.ShouldContain("fp8-channel");
        run.Output.Split('\n').ShouldAllBe(line => line.Length <= 100);
        Run.Of("inspect", Out("fp8")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public void A_dry_run_writes_nothing()
    {
        var run = Run.Of("quantize", Model, "--to", "int4", "--output", Out("x"), "--dry-run");

        run.ExitCode.ShouldBe(0, run.Error);
        run.Output.ShouldStartWith("Would write ");
        Directory.Exists(Out("x")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("weight format \"Q9_9\" is not known", "--to", "Q9_9")]
    [InlineData("--layers: \"ffn_down\"; expected PATTERN=FORMAT", "--to", "Q8_0", "--layers", "ffn_down")]
    [InlineData("--threads: 0; expected a number from 1", "--to", "Q8_0", "--threads", "0")]
    [InlineData("--shard-size: \"5G\"; expected a size", "--to", "fp8", "--shard-size", "5G")]
    [InlineData("--resume: with --overwrite", "--to", "fp8", "--resume", "--overwrite")]
    [InlineData("which Loadline only reads", "--to", "IQ2_XXS")]
    public void Bad_usage_is_one_line(string message, params string[] arguments)
    {
        var run = Run.Of(["quantize", Model, "--output", Out("x"), .. arguments]);

        run.ExitCode.ShouldBe(2);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldContain(message);
        run.Error.TrimEnd('\n').ShouldNotContain('\n');
        Directory.Exists(Out("x")).ShouldBeFalse();
    }

    [Fact]
    public void A_place_that_is_taken_or_the_input_is_refused()
    {
        Directory.CreateDirectory(Out("x"));
        File.WriteAllText(Out("x/mine"), "");

        Run.Of("quantize", Model, "--to", "fp8", "--output", Out("x")).ExitCode.ShouldBe(2);
        Run.Of("quantize", Model, "--to", "fp8", "--output", Model, "--overwrite").ExitCode.ShouldBe(2);
    }

    [Fact]
    public void A_model_that_is_not_here_and_a_place_that_cannot_be_are_input_and_output_errors()
    {
        var missing = Run.Of("quantize", Out("none"), "--to", "fp8", "--output", Out("x"));
        File.WriteAllText(Out("file"), "");
        var blocked = Run.Of("quantize", Model, "--to", "fp8", "--output", Out("file/x"));

        missing.ExitCode.ShouldBe(3);
        missing.Error.ShouldContain(Out("none"));
        blocked.ExitCode.ShouldBe(3);
        blocked.Error.ShouldContain(Out("file/x"));
    }

    /// <summary>A limit on the length of files fails writes as a full disk does.</summary>
    [Theory]
    [InlineData("fp8", "full")]
    [InlineData("Q8_0", "full.gguf")]
    public async Task A_disk_without_room_is_an_output_error_that_leaves_nothing(string format, string output)
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("there is no ulimit");
        var start = new ProcessStartInfo("bash") { RedirectStandardError = true, RedirectStandardOutput = true };
        var program = Path.Combine(AppContext.BaseDirectory, "Loadline.Cli.dll");
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(
            $"ulimit -f 512; exec dotnet '{program}' quantize '{Model}' --to {format} --output '{Out(output)}'"
        );
        // The runtime's own memory for code is a file as well.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        process.ExitCode.ShouldBe(3, error);
        error.ShouldStartWith($"loadline: {Out(output)}");
        error.ShouldContain("cannot be written");
        error.TrimEnd('\n').ShouldNotContain('\n');
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    private string Out(string name) => Path.Combine(folder, name);
}
