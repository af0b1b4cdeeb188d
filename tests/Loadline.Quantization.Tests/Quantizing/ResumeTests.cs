using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

public sealed class ResumeTests
{
    [Theory]
    [InlineData("Q4_K_M", 1)]
    [InlineData("Q4_K_M", 7)]
    [InlineData("fp8", 1)]
    [InlineData("int4", 7)]
    [InlineData("bf16", 3)]
    public void The_bytes_do_not_depend_on_the_number_of_threads(string format, int threads)
    {
        using var checkpoint = new Checkpoint();
        var report = Checkpoint.Quantize(
            new QuantizationRequest(TestModels.Llama, format, Place(checkpoint, "a", format)) { Threads = threads }
        );
        var other = Checkpoint.Quantize(
            new QuantizationRequest(TestModels.Llama, format, Place(checkpoint, "b", format)) { Threads = 2 }
        );

        ShouldBeTheSame(Place(checkpoint, "a", format), Place(checkpoint, "b", format));
        report.Tensors.ShouldBe(other.Tensors);
    }

    [Theory]
    [InlineData("Q4_K_M")]
    [InlineData("fp8")]
    [InlineData("nf4")]
    public void An_interrupted_run_leaves_no_model_and_goes_on_to_the_same_bytes(string format)
    {
        using var checkpoint = new Checkpoint();
        var whole = Place(checkpoint, "whole", format);
        var output = Place(checkpoint, "out", format);
        var complete = Checkpoint.Quantize(new QuantizationRequest(TestModels.Llama, format, whole));
        var before = Checkpoint.FilesIn(TestModels.Llama);
        Interrupt(new QuantizationRequest(TestModels.Llama, format, output));

        File.Exists(output).ShouldBeFalse();
        File.Exists(Path.Combine(output, "config.json")).ShouldBeFalse();
        File.Exists(Path.Combine(output, "model.safetensors")).ShouldBeFalse();
        ShouldBeTheSame(Checkpoint.FilesIn(TestModels.Llama), before);

        var skipped = 0L;
        var resumed = Checkpoint.Quantize(
            new QuantizationRequest(TestModels.Llama, format, output) { Resume = true },
            new Watcher(value => skipped = value.BytesSkipped)
        );

        skipped.ShouldBeGreaterThan(0);
        ShouldBeTheSame(output, whole);
        resumed.Tensors.ShouldBe(complete.Tensors);
    }

    [Fact]
    public void A_journal_that_a_kill_cut_off_is_as_good_as_its_whole_lines()
    {
        using var checkpoint = new Checkpoint();
        var whole = checkpoint.Output("whole.gguf");
        var output = checkpoint.Output("out.gguf");
        Checkpoint.Quantize(new QuantizationRequest(TestModels.Llama, "Q8_0", whole));
        Interrupt(new QuantizationRequest(TestModels.Llama, "Q8_0", output));
        File.AppendAllText($"{output}.journal", "17 4096 0 0");
        Checkpoint.Quantize(new QuantizationRequest(TestModels.Llama, "Q8_0", output) { Resume = true });

        ShouldBeTheSame(output, whole.Replace("whole", "out"), File.ReadAllBytes(whole));
        File.Exists($"{output}.journal").ShouldBeFalse();
        File.Exists($"{output}.partial").ShouldBeFalse();
    }

    [Fact]
    public void A_run_is_not_gone_on_with_under_another_recipe()
    {
        using var checkpoint = new Checkpoint();
        var output = checkpoint.Output("out.gguf");
        Interrupt(new QuantizationRequest(TestModels.Llama, "Q8_0", output));

        Should
            .Throw<BadContentException>(() =>
                Checkpoint.Quantize(new QuantizationRequest(TestModels.Llama, "Q4_0", output) { Resume = true })
            )
            .Message.ShouldContain("another input or recipe");
    }

    [Fact]
    public void A_run_is_not_gone_on_with_when_the_input_changed()
    {
        using var checkpoint = Checkpoint.Llama();
        var output = checkpoint.Output("out");
        Interrupt(new QuantizationRequest(checkpoint.Folder, "fp8", output));
        File.SetLastWriteTimeUtc(Path.Combine(checkpoint.Folder, "model.safetensors"), new DateTime(2020, 1, 1));

        Should
            .Throw<BadContentException>(() =>
                Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "fp8", output) { Resume = true })
            )
            .Message.ShouldContain("another input or recipe");
    }

    [Fact]
    public void An_interrupted_run_is_neither_forgotten_nor_overwritten_by_accident()
    {
        using var checkpoint = Checkpoint.Llama();
        var output = checkpoint.Output("out");
        Interrupt(new QuantizationRequest(checkpoint.Folder, "fp8", output));

        Should
            .Throw<BadContentException>(() =>
                Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "fp8", output))
            )
            .Message.ShouldContain("--resume");
        Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "fp8", output) { Overwrite = true });
        File.Exists(Path.Combine(output, "config.json")).ShouldBeTrue();
    }

    private static string Place(Checkpoint checkpoint, string name, string format) =>
        checkpoint.Output(Recipes.IsGguf(format) ? $"{name}.gguf" : name);

    /// <summary>Stops after some tensors, as Ctrl-C does.</summary>
    private static void Interrupt(QuantizationRequest request)
    {
        using var source = new CancellationTokenSource();
        Should.Throw<OperationCanceledException>(() =>
            Quantizer.Run(
                request with
                {
                    Threads = 1,
                },
                new Watcher(value =>
                {
                    if (value.BytesDone > value.BytesTotal / 2)
                        source.Cancel();
                }),
                source.Token
            )
        );
    }

    private static void ShouldBeTheSame(string left, string right) =>
        ShouldBeTheSame(
            Checkpoint.FilesIn(left).ToDictionary(pair => Rename(pair.Key, left), pair => pair.Value),
            Checkpoint.FilesIn(right).ToDictionary(pair => Rename(pair.Key, right), pair => pair.Value)
        );

    private static void ShouldBeTheSame(string output, string name, byte[] bytes) =>
        ShouldBeTheSame(Checkpoint.FilesIn(output), new() { [Path.GetFileName(name)] = bytes });

    private static string Rename(string name, string place) => name == Path.GetFileName(place) ? "file" : name;

    private static void ShouldBeTheSame(Dictionary<string, byte[]> left, Dictionary<string, byte[]> right)
    {
        left.Keys.Order().ShouldBe(right.Keys.Order());
        foreach (var (name, bytes) in left)
            bytes.AsSpan().SequenceEqual(right[name]).ShouldBeTrue(name);
    }

    /// <summary>Unlike <see cref="Progress{T}"/>, in the thread that reports.</summary>
    private sealed class Watcher(Action<QuantizationProgress> watch) : IProgress<QuantizationProgress>
    {
        public void Report(QuantizationProgress value) => watch(value);
    }
}
