using System.Text.Json;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

public sealed class SafetensorsOutputTests
{
    [Theory]
    [InlineData("fp8", "float-quantized", "weight_scale")]
    [InlineData("fp8-tensor", "float-quantized", "weight_scale")]
    [InlineData("int8", "int-quantized", "weight_scale")]
    [InlineData("int4", "pack-quantized", "weight_packed")]
    [InlineData("mxfp4", "mxfp4-pack-quantized", "weight_packed")]
    [InlineData("nvfp4", "nvfp4-pack-quantized", "weight_global_scale")]
    public void A_format_is_declared_as_compressed_tensors_does(string recipe, string format, string part)
    {
        using var checkpoint = Checkpoint.Llama(hidden: 128, intermediate: 128);
        var output = checkpoint.Output("out");
        Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, recipe, output));

        var config = ConfigOf(output);
        config.GetProperty("quant_method").GetString().ShouldBe("compressed-tensors");
        config.GetProperty("format").GetString().ShouldBe(format);
        config.GetProperty("quantization_status").GetString().ShouldBe("compressed");
        Names(config, "ignore").ShouldBe(["lm_head"]);
        using var store = SafetensorsStore.Open(output);
        store.Find($"model.layers.0.mlp.down_proj.{part}").ShouldNotBeNull();
        store.Find("model.embed_tokens.weight")!.Value.Format.ShouldBe(BlockFormats.Fp32);
        ModelFiles.Read(output).Architecture.Tensors.Parameters.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Tiles_of_fp8_are_declared_as_deepseek_does()
    {
        using var checkpoint = Checkpoint.Llama();
        var output = checkpoint.Output("out");
        Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "fp8-block", output));

        var config = ConfigOf(output);
        config.GetProperty("quant_method").GetString().ShouldBe("fp8");
        config.GetProperty("weight_block_size").GetRawText().Split(',').Length.ShouldBe(2);
        using var store = SafetensorsStore.Open(output);
        // 64 x 64 weights are one tile of 128 x 128.
        store.Find("model.layers.0.mlp.up_proj.weight_scale_inv")!.Value.Shape.ShouldBe([1L, 1L]);
    }

    [Fact]
    public void Nf4_is_declared_as_bitsandbytes_does()
    {
        using var checkpoint = Checkpoint.Llama();
        var output = checkpoint.Output("out");
        Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "nf4", output));

        var config = ConfigOf(output);
        config.GetProperty("quant_method").GetString().ShouldBe("bitsandbytes");
        config.GetProperty("bnb_4bit_quant_type").GetString().ShouldBe("nf4");
        using var store = SafetensorsStore.Open(output);
        // Two codes to a byte, in a column: 64 x 64 / 2.
        store.Find("model.layers.0.mlp.up_proj.weight")!.Value.Shape.ShouldBe([2048L, 1L]);
        // One maximum for 64 weights.
        store.Find("model.layers.0.mlp.up_proj.weight.absmax")!.Value.Shape.ShouldBe([64L]);
    }

    [Fact]
    public void Kept_modules_are_unchanged_and_listed()
    {
        using var checkpoint = Checkpoint.Llama(hidden: 128, intermediate: 128);
        var output = checkpoint.Output("out");
        var report = Checkpoint.Quantize(
            new QuantizationRequest(checkpoint.Folder, "fp8", output) { Keep = ["down_proj"] }
        );

        const string Kept = "model.layers.0.mlp.down_proj";
        Names(ConfigOf(output), "ignore").ShouldBe(["lm_head", Kept]);
        using var before = SafetensorsStore.Open(checkpoint.Folder);
        using var after = SafetensorsStore.Open(output);
        Checkpoint.Numbers(after, $"{Kept}.weight").ShouldBe(Checkpoint.Numbers(before, $"{Kept}.weight"));
        var tensor = report.Tensors.Single(one => one.Name == $"{Kept}.weight");
        (tensor.Format, tensor.Note, tensor.Cosine).ShouldBe(("fp32", "kept as asked", 1));
        tensor.SignalToNoiseDb.ShouldBeNull();
    }

    [Fact]
    public void Two_formats_are_two_groups_and_the_one_with_names_is_first()
    {
        using var checkpoint = Checkpoint.Llama(hidden: 128, intermediate: 128);
        var output = checkpoint.Output("out");
        Checkpoint.Quantize(
            new QuantizationRequest(checkpoint.Folder, "int4", output) { Layers = [new("down_proj", "fp8")] }
        );

        var config = ConfigOf(output);
        config.GetProperty("format").GetString().ShouldBe("mixed-precision");
        var groups = config.GetProperty("config_groups");
        Names(groups.GetProperty("group_0"), "targets").ShouldBe(["model.layers.0.mlp.down_proj"]);
        groups.GetProperty("group_0").GetProperty("format").GetString().ShouldBe("float-quantized");
        Names(groups.GetProperty("group_1"), "targets").ShouldBe(["Linear"]);
    }

    [Fact]
    public void Rows_that_do_not_divide_into_groups_stay_and_are_reported()
    {
        using var checkpoint = Checkpoint.Llama(hidden: 64, intermediate: 128);
        var output = checkpoint.Output("out");
        var report = Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "int4", output));

        // Only the down projection reads 128 features; the others read 64.
        report.Tensors.Single(tensor => tensor.Format == "int4-g128").Name.ShouldEndWith("down_proj.weight");
        report.Notes.ShouldContain(note => note.Contains("rows of 64 do not divide into groups of 128"));
        Names(ConfigOf(output), "ignore").ShouldContain("model.layers.0.self_attn.q_proj");
    }

    [Fact]
    public void Shards_are_as_large_as_asked_and_listed_in_an_index()
    {
        using var checkpoint = Checkpoint.Llama();
        var output = checkpoint.Output("out");
        var whole = checkpoint.Output("whole");
        Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "bf16", output) { ShardBytes = 20_000 });
        Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "bf16", whole));

        using var sharded = SafetensorsStore.Open(output);
        using var single = SafetensorsStore.Open(whole);
        sharded.Paths.Count().ShouldBeGreaterThan(1);
        File.Exists(Path.Combine(output, "model.safetensors")).ShouldBeFalse();
        foreach (var tensor in single.Tensors)
            Checkpoint.Numbers(sharded, tensor.Name).ShouldBe(Checkpoint.Numbers(single, tensor.Name));
        var index = SafetensorsIndex.Read(Path.Combine(output, "model.safetensors.index.json"));
        index.TotalSize.ShouldBe(single.Tensors.Sum(tensor => tensor.Bytes));
    }

    [Fact]
    public void Other_files_of_the_folder_go_along()
    {
        using var checkpoint = Checkpoint.Llama();
        checkpoint.Write("LICENSE", "free");
        checkpoint.Write("pytorch_model.bin", "weights of another kind");
        var output = checkpoint.Output("out");
        Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "bf16", output));

        Directory
            .EnumerateFiles(output)
            .Select(Path.GetFileName)
            .Order(StringComparer.Ordinal)
            .ShouldBe(["LICENSE", "config.json", "model.safetensors", "tokenizer.json"]);
    }

    [Fact]
    public void The_error_of_a_weight_is_what_it_is_by_hand()
    {
        using var checkpoint = Checkpoint.Llama(weights: all =>
        {
            var numbers = new float[64];
            // Halfway between the bf16 numbers 1 and 1 + 2^-7: rounds to the even one, 1.
            numbers[0] = 1 + 1f / 256;
            numbers[1] = 2;
            all["model.norm.weight"] = ([64], numbers);
        });
        var report = Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "bf16", checkpoint.Output("out")));

        var norm = report.Tensors.Single(tensor => tensor.Name == "model.norm.weight");
        norm.MaximumAbsoluteError.ShouldBe(1.0 / 256);
        var signal = (1 + 1.0 / 256) * (1 + 1.0 / 256) + 4;
        norm.SignalToNoiseDb!.Value.Value.ShouldBe(10 * Math.Log10(signal * 65_536), tolerance: 1e-9);
        var cosine = (1 + 1.0 / 256 + 4) / Math.Sqrt(signal * 5);
        norm.Cosine!.Value.ShouldBe(cosine, tolerance: 1e-12);
        (norm.BytesIn, norm.BytesOut).ShouldBe((256, 128));
        report.Method.ShouldBe("round-to-nearest");
    }

    [Fact]
    public void A_quantized_model_is_not_quantized_again()
    {
        using var checkpoint = Checkpoint.Llama(change: config =>
            config["quantization_config"] = new System.Text.Json.Nodes.JsonObject { ["quant_method"] = "fp8" }
        );

        Should
            .Throw<BadContentException>(() =>
                Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "int4", checkpoint.Output("out")))
            )
            .Message.ShouldContain("$.quantization_config: a quantized model");
    }

    private static JsonElement ConfigOf(string folder) =>
        JsonDocument
            .Parse(File.ReadAllText(Path.Combine(folder, "config.json")))
            .RootElement.GetProperty("quantization_config");

    private static IEnumerable<string?> Names(JsonElement config, string list) =>
        config.GetProperty(list).EnumerateArray().Select(name => name.GetString());
}
