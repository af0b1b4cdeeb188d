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
    public void Layers_are_shared_out_with_the_embedding_on_the_host_and_the_head_last()
    {
        // One layer in F16: 2 x 4,096^2 + 2 x 1,024 x 4,096 + 3 x 14,336 x 4,096 = 218,103,808 weights of 2 bytes, and
        // two norms of 4,096 in fp32: 436,240,384 bytes. Embedding and head: 128,256 x 4,096 x 2 = 1,050,673,152 each.
        // llama.cpp counts the head as a 33rd layer: of 33, those that begin in the first half are 0 to 16.
        const long layer = 436_240_384L;
        const long table = 1_050_673_152L;

        var answer = Ask(Llama8B, "2x:rtx-4090", context: 8192);

        answer.Fits.ShouldBeTrue();
        answer.TensorParallel.ShouldBe(1);
        answer.PipelineParallel.ShouldBe(2);
        answer.PerDevice.Select(device => device.WeightsBytes).ShouldBe([17 * layer, 15 * layer + table + 4 * 4096]);
        answer.HostWeightsBytes.ShouldBe(table);
        // 2 x 8 heads x 128 x 2 bytes = 4,096 per token and layer.
        answer.PerDevice.Select(device => device.CacheBytes).ShouldBe([17 * 8192 * 4096L, 15 * 8192 * 4096L]);
    }

    [Fact]
    public void Layers_that_do_not_divide_go_to_the_first_devices() =>
        Stage
            .Even(3)
            .Select(stage => stage.LayersOf(Deployments.Architecture(Llama8B)))
            .ShouldBe([new(0, 11), new(11, 22), new(22, 32)]);

    [Theory]
    [InlineData("1x:rtx-4090")]
    [InlineData("2x:rtx-4090")]
    public void A_tied_embedding_is_on_the_host_and_as_the_head_on_the_last_device(string hardware)
    {
        // Llama-3.2-1B: 128,256 x 2,048 x 2 bytes, once as embedding and once as head.
        const string model = "meta-llama/Llama-3.2-1B-Instruct";
        const long table = 128_256L * 2_048 * 2;
        var architecture = Deployments.Architecture(model);

        var answer = Ask(model, hardware);

        answer.HostWeightsBytes.ShouldBe(table);
        var all = architecture.Tensors.SizeIn(WeightFormats.Find("F16", architecture)).Bytes;
        answer.PerDevice.Sum(device => device.WeightsBytes).ShouldBe(all);
    }

    [Fact]
    public void Unequal_devices_share_layers_by_their_memory()
    {
        // 24 and 8 GiB: of 33, the layers that begin in the first three quarters are 0 to 24.
        var answer = Ask(Llama8B, "rtx-4090+rtx-3070", context: 4096, weights: "Q4_K_M");

        answer.Fits.ShouldBeTrue();
        answer.PerDevice.Select(device => device.Device).ShouldBe(["nvidia-rtx-4090-24gb#0", "nvidia-rtx-3070-8gb#1"]);
        answer.PerDevice.Select(device => device.CacheBytes).ShouldBe([25 * 4096L * 4096, 7 * 4096L * 4096]);
        answer.PerDevice[0].CapacityBytes.ShouldBeGreaterThan(2 * answer.PerDevice[1].CapacityBytes);
    }

    [Fact]
    public void A_tensor_split_is_followed()
    {
        // One layer of three quarters and a head: layers that begin before 1/4 of 33 are 0 to 8.
        var question = Deployments.Question(Llama8B, "2x:rtx-4090", "llama.cpp", "Q4_K_M") with
        {
            Context = 4096,
            TensorSplit = [1, 3],
        };

        var answer = new FitCheck(Deployments.Catalog).Ask(question);

        answer.PerDevice.Select(device => device.CacheBytes).ShouldBe([9 * 4096L * 4096, 23 * 4096L * 4096]);
    }

    [Fact]
    public void A_small_device_that_gets_too_much_is_the_one_that_does_not_fit()
    {
        var question = Deployments.Question(Llama8B, "rtx-4090+rtx-3070", "llama.cpp", "F16") with
        {
            Context = 4096,
            TensorSplit = [1, 3],
        };

        new FitCheck(Deployments.Catalog).Ask(question).Fits.ShouldBeFalse();
        new FitCheck(Deployments.Catalog).Ask(question with { TensorSplit = [3, 1] }).Fits.ShouldBeTrue();
    }

    [Theory]
    [InlineData("vllm", "rtx-4090+rtx-3070", new double[0], "needs devices that are all the same")]
    [InlineData("vllm", "2x:rtx-4090", new[] { 1.0, 1.0 }, "has no tensor split")]
    [InlineData("llama.cpp", "2x:rtx-4090", new[] { 1.0 }, "not one for each of 2 devices")]
    [InlineData("llama.cpp", "2x:rtx-4090", new[] { -1.0, 2.0 }, "shares of zero or more")]
    [InlineData("llama.cpp", "2x:rtx-4090", new[] { 0.0, 0.0 }, "no share above zero")]
    public void What_cannot_be_split_so_is_refused(string engine, string hardware, double[] split, string reason)
    {
        var question = Deployments.Question(Llama8B, hardware, engine, null) with { TensorSplit = [.. split] };

        Should
            .Throw<BadContentException>(() => new FitCheck(Deployments.Catalog).Ask(question))
            .Message.ShouldContain(reason);
    }

    [Fact]
    public void Times_of_unequal_devices_are_refused() =>
        Should
            .Throw<BadContentException>(() =>
                new ServingPredictor(Deployments.Catalog).Ask(
                    new ServingQuestion
                    {
                        Fit = Deployments.Question(Llama8B, "rtx-4090+rtx-3070", "llama.cpp", "Q4_K_M"),
                        PromptTokens = 512,
                        OutputTokens = 128,
                    }
                )
            )
            .Message.ShouldContain("devices that are all the same");

    [Fact]
    public void The_same_accelerator_twice_is_a_count() =>
        HardwareSpec
            .Parse("rtx-4090 + 2x:rtx-4090", Deployments.Catalog)
            .ShouldBe(new HardwareSpec(Deployments.Catalog.Accelerators.Find("rtx-4090"), 3));

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
            var stages = Stage.Even(devices).ToList();
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
