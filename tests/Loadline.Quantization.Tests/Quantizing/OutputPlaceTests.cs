using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

public sealed class OutputPlaceTests
{
    [Fact]
    public void The_folder_of_the_input_is_no_output()
    {
        using var checkpoint = Checkpoint.Llama();
        var link = checkpoint.Output("link");
        Directory.CreateSymbolicLink(link, checkpoint.Folder);

        foreach (
            var output in (string[])
                [
                    checkpoint.Folder,
                    Path.Combine(checkpoint.Folder, "sub"),
                    Path.Combine(checkpoint.Folder, "..", "model"),
                    link,
                    Path.Combine(link, "x.gguf"),
                ]
        )
        foreach (var format in (string[])["fp8", "Q8_0"])
            Should
                .Throw<BadContentException>(() =>
                    Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, format, output) { Overwrite = true })
                )
                .Message.ShouldStartWith("--output");
    }

    [Fact]
    public void A_gguf_file_is_not_written_over_itself()
    {
        using var checkpoint = Checkpoint.Llama();
        var file = checkpoint.Output("a.gguf");
        Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "F16", file));

        Should
            .Throw<BadContentException>(() =>
                Checkpoint.Quantize(new QuantizationRequest(file, "Q8_0", file) { Overwrite = true })
            )
            .Message.ShouldContain("which is the input");
        // Beside it there is room.
        Checkpoint.Quantize(new QuantizationRequest(file, "Q8_0", checkpoint.Output("b.gguf")));
    }

    [Fact]
    public void What_is_there_stays_unless_it_may_be_replaced()
    {
        using var checkpoint = Checkpoint.Llama();
        var output = checkpoint.Output("out");
        Directory.CreateDirectory(output);
        File.WriteAllText(Path.Combine(output, "mine.txt"), "mine");
        File.WriteAllText(Path.Combine(output, "model-00001-of-00002.safetensors"), "old");
        var request = new QuantizationRequest(checkpoint.Folder, "bf16", output);

        Should.Throw<BadContentException>(() => Checkpoint.Quantize(request)).Message.ShouldContain("not empty");
        Checkpoint.Quantize(request with { Overwrite = true });
        File.ReadAllText(Path.Combine(output, "mine.txt")).ShouldBe("mine");
        // A shard of another model would make the folder ambiguous.
        File.Exists(Path.Combine(output, "model-00001-of-00002.safetensors")).ShouldBeFalse();
        SafetensorsStore.Open(output).Dispose();
    }

    [Fact]
    public void A_dry_run_writes_nothing_and_counts_the_same_bytes()
    {
        using var checkpoint = Checkpoint.Llama();
        var output = checkpoint.Output("out");
        var request = new QuantizationRequest(checkpoint.Folder, "fp8", output);
        var preview = Quantizer.Preview(request);

        Directory.Exists(output).ShouldBeFalse();
        preview.Written.ShouldBeFalse();
        preview.Tensors.ShouldAllBe(tensor => tensor.Cosine == null);
        var report = Checkpoint.Quantize(request);
        preview.BytesOut.ShouldBe(report.BytesOut);
        report.Files.Single().Bytes.ShouldBe(new FileInfo(Path.Combine(output, "model.safetensors")).Length);
    }
}
