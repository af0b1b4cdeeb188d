using System.Diagnostics;
using System.Text;
using CsCheck;
using Loadline.Catalog;
using Loadline.Planning;
using Loadline.Tests.Models.Files;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

/// <summary>What a real shell makes of exported scripts; left out where there is no bash.</summary>
public sealed class ExportShellTests
{
    private const string Hostile =
        "x/y'; touch \"$HOME/owned\" #\n$(touch owned) `touch owned` \\ ${PATH} é\u2028!*?~ &|<>";

    private static readonly CatalogReader Catalog = new();

    private static readonly string? Bash = new[] { "/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash" }.FirstOrDefault(
        File.Exists
    );

    [Fact]
    public void A_shell_can_read_every_script()
    {
        Assert.SkipUnless(Bash is not null, "no bash");
        using var folder = new TemporaryFolder();
        foreach (var setup in ExportSetups.All.Concat(ExportSetups.All.Select(Poisoned)))
        {
            foreach (var script in ExportFiles.Of(setup, Catalog).Where(file => file.IsExecutable))
            {
                var (exit, _, error) = Run(folder.Path, ["-n", folder.Write(script.Name, script.Text)]);
                exit.ShouldBe(0, $"{script.Name}: {error}");
            }
        }
    }

    [Fact]
    public void No_text_means_anything_to_the_shell()
    {
        Assert.SkipUnless(Bash is not null, "no bash");
        var character = Gen.OneOf(Gen.Char[' ', '~'], Gen.Char['\u0001', '\u001f'], Gen.Char['\u00a0', '\ud7ff']);
        using var folder = new TemporaryFolder();

        Gen.String[character, 0, 30]
            .Array[1, 40]
            .Sample(
                texts =>
                {
                    var script = folder.Write("words.sh", $"printf '%s\\0' {ShellText.Words(texts)}\n");
                    var (exit, output, _) = Run(folder.Path, [script]);
                    return exit == 0 && output.Split('\0').SkipLast(1).SequenceEqual(texts);
                },
                iter: 25,
                threads: 1
            );
    }

    [Theory]
    [InlineData("Qwen/Qwen3-32B")]
    [InlineData(Hostile)]
    public void A_script_starts_the_engine_with_the_model_and_the_devices_of_its_replica(string model)
    {
        Assert.SkipUnless(Bash is not null, "no bash");
        using var folder = new TemporaryFolder();
        var setup = ExportSetups.Plain with { Model = model, Name = Hostile };
        var script = folder.Write(
            "launch.sh",
            ExportFiles.Of(setup, Catalog).Single(file => file.Name == "launch.sh").Text
        );
        Stub(folder, "vllm", "printf '%s\\0' \"$CUDA_VISIBLE_DEVICES\" \"$@\"");

        var (exit, output, error) = Run(folder.Path, [script, "--extra"], ("REPLICA", "3"));

        exit.ShouldBe(0, error);
        var words = output.Split('\0')[..^1];
        words[..5].ShouldBe(["6,7", "serve", model, "--served-model-name", model]);
        words[^3..].ShouldBe(["--port", "8003", "--extra"]);
        File.Exists(Path.Combine(folder.Path, "owned")).ShouldBeFalse();
    }

    [Fact]
    public void A_replica_over_two_machines_starts_one_that_answers_and_one_that_works()
    {
        Assert.SkipUnless(Bash is not null, "no bash");
        using var folder = new TemporaryFolder();
        var files = ExportFiles.Of(ExportSetups.Spanning, Catalog);
        var script = folder.Write("launch.sh", files.Single(file => file.Name == "launch.sh").Text);
        Stub(folder, "vllm", "printf '%s ' \"$@\"");

        var first = Run(folder.Path, [script], ("NODE_RANK", "0"), ("LEADER_ADDRESS", "10.0.0.1"));
        var second = Run(folder.Path, [script], ("NODE_RANK", "1"), ("LEADER_ADDRESS", "10.0.0.1"));

        first.Output.ShouldEndWith("--nnodes 2 --node-rank 0 --master-addr 10.0.0.1 ");
        second.Output.ShouldEndWith("--nnodes 2 --node-rank 1 --master-addr 10.0.0.1 --headless ");
        Run(folder.Path, [script]).Exit.ShouldNotBe(0);
    }

    [Fact]
    public void A_script_without_its_weights_says_what_is_missing()
    {
        Assert.SkipUnless(Bash is not null, "no bash");
        using var folder = new TemporaryFolder();
        var files = ExportFiles.Of(ExportSetups.Gguf, Catalog);
        var script = folder.Write("launch.sh", files.Single(file => file.Name == "launch.sh").Text);
        Stub(folder, "llama-server", "printf '%s ' \"$@\"");

        var without = Run(folder.Path, [script]);
        var with = Run(folder.Path, [script], ("MODEL", "/data/my model.gguf"));

        without.Exit.ShouldBe(2);
        without.Error.ShouldStartWith("set MODEL to a GGUF file");
        with.Output.ShouldStartWith("--model /data/my model.gguf --n-gpu-layers 999 ");
    }

    private static DeploymentSetup Poisoned(DeploymentSetup setup) =>
        setup with
        {
            Name = Hostile,
            Model = Hostile,
            Provider = Hostile,
            Region = Hostile,
            Instance = Hostile,
            Terms = Hostile,
            PriceAsOf = Hostile,
        };

    private static void Stub(TemporaryFolder folder, string name, string line)
    {
        var path = folder.Write(name, $"#!{Bash}\n{line}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserExecute);
    }

    private static (int Exit, string Output, string Error) Run(
        string folder,
        string[] arguments,
        params (string Name, string Value)[] variables
    )
    {
        var start = new ProcessStartInfo(Bash!, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = $"{folder}:/usr/bin:/bin";
        start.Environment["HOME"] = folder;
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
