using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

public sealed class LayerSplitTests
{
    private const string Llama8B = "meta-llama/Llama-3.1-8B-Instruct";

    private static MemoryAnswer Ask(string model, string hardware, long? context = null, string weights = "F16") =>
        new FitCheck(Deployments.Catalog).Ask(
            Deployments.Question(model, hardware, "llama.cpp", weights) with
            {
                Context = context,
            }
        );

    [Fact]
    public void Layers_are_shared_out_with_the_embedding_first_and_the_head_last()
    {
        // One layer in F16: 2 x 4,096^2 + 2 x 1,024 x 4,096 + 3 x 14,336 x 4,096 = 218,103,808 weights of 2 bytes, and
        // two norms of 4,096 in fp32: 436,240,384 bytes. Embedding and head: 128,256 x 4,096 x 2 = 1,050,673,152 each.
        const long sixteenLayers = 16 * 436_240_384L;
        const long table = 1_050_673_152L;

        var answer = Ask(Llama8B, "2x:rtx-4090", context: 8192);

        answer.Fits.ShouldBeTrue();
        answer.TensorParallel.ShouldBe(1);
        answer.PipelineParallel.ShouldBe(2);
        answer
            .PerDevice.Select(device => device.WeightsBytes)
            .ShouldBe([sixteenLayers + table, sixteenLayers + table + 4 * 4096]);
        // 16 layers x 2 x 8 heads x 128 x 2 bytes = 65,536 per token.
        answer.PerDevice.Select(device => device.CacheBytes).ShouldBe([8192 * 65_536L, 8192 * 65_536L]);
    }

    [Fact]
    public void Layers_that_do_not_divide_go_to_the_first_devices() =>
        Stage
            .All(new Parallelism(Pipeline: 3))
            .Select(stage => stage.LayersOf(Deployments.Architecture(Llama8B)))
            .ShouldBe([new(0, 11), new(11, 22), new(22, 32)]);

    [Fact]
    public void A_tied_embedding_is_on_the_first_and_on_the_last_device()
    {
        // Llama-3.2-1B: 128,256 x 2,048 x 2 bytes, once as embedding and once as head.
        const long table = 128_256L * 2_048 * 2;

        var whole = Ask("meta-llama/Llama-3.2-1B-Instruct", "1x:rtx-4090").PerDevice.Single().WeightsBytes;
        var split = Ask("meta-llama/Llama-3.2-1B-Instruct", "2x:rtx-4090").PerDevice;

        split.Sum(device => device.WeightsBytes).ShouldBe(whole + table);
    }

    [Theory]
    [InlineData(Llama8B)]
    [InlineData("openai/gpt-oss-20b")]
    [InlineData("google/gemma-2-27b-it")]
    public void Nothing_is_lost_between_the_devices(string model)
    {
        var architecture = Deployments.Architecture(model);
        var tied = architecture.Tensors.Tensors.SingleOrDefault(tensor =>
            tensor is { TiedTo: not null, Role: TensorRole.Head }
        );
        var copy = tied is null ? ByteSize.Zero : WeightFormats.Bf16.SizeOf(tied);
        var whole = Shards.WeightsOnRank(architecture, WeightFormats.Bf16, 1) + copy;

        foreach (var devices in new[] { 2, 3, 5 })
        {
            var stages = Stage.All(new Parallelism(Pipeline: devices)).ToList();
            stages
                .Select(stage => Shards.WeightsOnRank(architecture, WeightFormats.Bf16, Parallelism.None, stage))
                .Aggregate((left, right) => left + right)
                .ShouldBe(whole);
            stages
                .Sum(stage => Shards.CacheOnRank(architecture, 1, stage).At(10_000, BlockFormats.Bf16).Bytes)
                .ShouldBe(architecture.Cache.At(10_000, BlockFormats.Bf16).Bytes);
        }
    }

    [Fact]
    public void What_does_not_fit_on_one_device_may_fit_on_two()
    {
        // 70.6 billion weights at 4.5 to 6.6 bits are about 40 GiB: more than one card of 24 GiB, about two of them,
        // well within three.
        const string model = "meta-llama/Meta-Llama-3-70B";

        Ask(model, "1x:rtx-4090", 4096, "Q4_K_M").Fits.ShouldBeFalse();
        Ask(model, "3x:rtx-4090", 4096, "Q4_K_M").Fits.ShouldBeTrue();
    }

    [Fact]
    public void It_does_not_fit_when_the_fullest_device_does_not()
    {
        // 80 layers over three devices: 27, 27 and 26. Two thirds of the cache of 8 long sequences, per device
        // 27 x 4,096 bytes a token, are more than what one card has.
        var answer = new FitCheck(Deployments.Catalog).Ask(
            Deployments.Question("meta-llama/Meta-Llama-3-70B", "3x:rtx-4090", "llama.cpp", "Q4_K_M") with
            {
                Context = 8192,
                Concurrency = 40,
            }
        );

        answer.Fits.ShouldBeFalse();
        answer.PerDevice.Max(device => device.CacheBytes).ShouldBe(27 * 4096L * 8192 * 40);
        answer.PerDevice.Length.ShouldBe(3);
    }

    [Fact]
    public void A_step_takes_the_sum_of_the_stages_and_a_copy_between_them()
    {
        // 10 us to start a copy, and 512 tokens x 4,096 x 2 bytes over the link.
        var one = Deployments.Of(Llama8B, "rtx-4090", "llama.cpp", "Q8_0");
        var four = Deployments.Of(Llama8B, "rtx-4090", "llama.cpp", "Q8_0", devices: 4);
        var shape = StepShape.Prefill(512);
        var rate = four.Accelerator.Link?.BandwidthPerDirection?.BytesPerSecond ?? double.PositiveInfinity;

        var difference = new Step(four).TimeOf(shape) - new Step(one).TimeOf(shape);

        difference.Seconds.ShouldBe(3 * (10e-6 + 512 * 4096 * 2 / rate), 1e-9);
    }

    [Fact]
    public void Engines_with_tensor_parallelism_use_it() =>
        Deployments.Of(Llama8B, devices: 4).Parallelism.ShouldBe(new Parallelism(Tensor: 4));

    [Fact]
    public void A_model_cannot_have_more_devices_than_layers() =>
        Should
            .Throw<BadContentException>(() => Ask("Qwen/Qwen2.5-0.5B", "25x:rtx-4090"))
            .Message.ShouldContain("24 layers cannot be shared out over 25 devices");

    [Fact]
    public void Splitting_by_tensors_where_the_engine_cannot_is_refused() =>
        Should
            .Throw<BadContentException>(() =>
                new FitCheck(Deployments.Catalog).Ask(
                    Deployments.Question(Llama8B, "2x:rtx-4090", "llama.cpp", "Q8_0") with
                    {
                        TensorParallel = 2,
                    }
                )
            )
            .Message.ShouldContain("no tensor parallelism");
}
