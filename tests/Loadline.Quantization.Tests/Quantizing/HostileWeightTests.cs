using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

public sealed class HostileWeightTests
{
    private const string Down = "model.layers.0.mlp.down_proj.weight";

    public static TheoryData<string> Formats =>
        ["fp8", "fp8-tensor", "fp8-block", "int8", "int4", "nf4", "mxfp4", "nvfp4", "bf16", "fp16", .. Gguf];

    private static string[] Gguf => ["F16", "Q8_0", "Q4_0", "Q4_K_M", "Q5_K_M", "Q6_K", "IQ4_NL"];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Numbers_that_are_none_are_counted_and_spoil_no_figure(string format)
    {
        using var checkpoint = Filled(numbers =>
        {
            numbers[0] = float.NaN;
            numbers[700] = float.NaN;
            numbers[1] = float.PositiveInfinity;
            numbers[513] = float.NegativeInfinity;
            numbers[1300] = -float.NaN;
        });
        var down = DownOf(checkpoint, format);

        down.NotANumberCount.ShouldBe(3);
        down.InfinityCount.ShouldBe(2);
        double.IsFinite(down.Cosine!.Value).ShouldBeTrue();
        double.IsFinite(down.MaximumAbsoluteError!.Value).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Zeros_stay_zeros(string format)
    {
        using var checkpoint = Filled(numbers => Array.Clear(numbers));
        var down = DownOf(checkpoint, format);

        (down.MaximumAbsoluteError, down.Cosine, down.NotANumberCount).ShouldBe((0, 1, 0));
        down.SignalToNoiseDb.ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void The_smallest_numbers_there_are_are_off_by_no_more_than_themselves(string format)
    {
        using var checkpoint = Filled(numbers =>
        {
            for (var i = 0; i < numbers.Length; i++)
                numbers[i] = (i % 2 == 0 ? 1 : -1) * float.Epsilon * (1 + i % 1000);
        });
        var down = DownOf(checkpoint, format);

        double.IsFinite(down.MaximumAbsoluteError!.Value).ShouldBeTrue();
        down.NotANumberCount.ShouldBe(0);
        down.OverflowCount.ShouldBe(0);
    }

    [Fact]
    public void What_is_too_large_for_fp16_is_counted()
    {
        using var checkpoint = Filled(numbers =>
        {
            Array.Fill(numbers, 1);
            numbers[5] = 70_000; // fp16 ends at 65,504
        });
        var down = DownOf(checkpoint, "fp16");

        (down.OverflowCount, down.InfinityCount, down.Cosine).ShouldBe((1, 0, 1));
    }

    [Theory]
    [InlineData("bf16")]
    [InlineData("fp8")]
    [InlineData("Q8_0")]
    public void A_vector_of_one_number_is_a_tensor_like_others(string format)
    {
        using var checkpoint = Checkpoint.Llama(
            change: config =>
            {
                config["head_dim"] = 1;
                config["model_type"] = "qwen3";
            },
            weights: all =>
            {
                foreach (var (name, rows) in new[] { ("q", 4), ("k", 2), ("v", 2) })
                    all[$"model.layers.0.self_attn.{name}_proj.weight"] = ([rows, 64], new float[rows * 64]);
                all["model.layers.0.self_attn.o_proj.weight"] = ([64, 4], new float[256]);
                all["model.layers.0.self_attn.q_norm.weight"] = ([1], [0.5f]);
                all["model.layers.0.self_attn.k_norm.weight"] = ([1], [0.25f]);
            }
        );
        var output = checkpoint.Output(Recipes.IsGguf(format) ? "out.gguf" : "out");
        Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, format, output));

        using WeightStore store = Recipes.IsGguf(format) ? GgufStore.Open(output) : SafetensorsStore.Open(output);
        var name = Recipes.IsGguf(format) ? "blk.0.attn_q_norm.weight" : "model.layers.0.self_attn.q_norm.weight";
        Checkpoint.Numbers(store, name).ShouldBe([0.5f]);
    }

    private static Checkpoint Filled(Action<float[]> fill) =>
        Checkpoint.Llama(hidden: 256, intermediate: 256, weights: all => fill(all[Down].Numbers));

    private static TensorReport DownOf(Checkpoint checkpoint, string format)
    {
        var output = checkpoint.Output(Recipes.IsGguf(format) ? "out.gguf" : "out");
        var report = Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, format, output));
        return report.Tensors.Single(tensor => tensor.Name is Down or "blk.0.ffn_down.weight");
    }
}
