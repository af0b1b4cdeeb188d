using CsCheck;
using Loadline.Catalog;
using Loadline.Planning;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class TrainingQuestionTests
{
    private static readonly TrainingQuestions Questions = new(Deployments.Catalog);

    private static TrainingJob Job(string method, string hardware, string model = "meta-llama/Llama-3.1-8B-Instruct") =>
        new()
        {
            Model = Deployments.Model(model),
            Method = method,
            Hardware = HardwareSpec.Parse(hardware, Deployments.Catalog),
        };

    private static AdaptationOption Ask(TrainingJob job) => Questions.Ask(job).Options.Single();

    [Fact]
    public void Lora_of_an_8b_model_fits_on_24_gib_and_full_training_does_not()
    {
        var lora = Ask(Job("lora", "rtx-4090"));
        var full = Ask(Job("full", "rtx-4090"));

        lora.Feasible.ShouldBeTrue();
        // Rank 16 on q, k, v, o, gate, up, down of 32 layers: 16 x (8192 + 5120 + 5120 + 8192 + 3 x 18432) x 32.
        lora.TrainableParameters.ShouldBe(16L * (8192 + 5120 + 5120 + 8192 + 3 * 18432) * 32);
        full.Feasible.ShouldBeFalse();
        full.Why.ShouldContain("lora fits");
    }

    [Fact]
    public void Qlora_of_a_70b_model_fits_on_one_card_of_80_gb()
    {
        var option = Ask(Job("qlora", "nvidia-h100-sxm-80gb", "meta-llama/Llama-3.1-70B-Instruct"));

        option.Feasible.ShouldBeTrue();
        // 70.55e9 parameters at half a byte and a little for scales; embeddings and head in 16 bits.
        option.PerDevice[0].Parts.Single(part => part.Name == "weights").Bytes.ShouldBeInRange(36e9, 42e9);
    }

    [Fact]
    public void Full_training_of_an_8b_model_shares_16_bytes_a_parameter_among_8_devices()
    {
        var option = Ask(Job("full", "8x:nvidia-h100-sxm-80gb"));

        option.Feasible.ShouldBeTrue();
        option.PerDevice.Length.ShouldBe(8);
        // 8,030,261,248 x (4 + 4 + 8) / 8, with little else.
        option.PerDevice[0].StateBytes.Value.ShouldBe(8_030_261_248.0 * 16 / 8, 0.05 * 16.06e9);
    }

    [Fact]
    public void A_reference_model_adds_two_bytes_a_parameter()
    {
        var option = Ask(Job("dpo", "8x:nvidia-h100-sxm-80gb"));

        option
            .PerDevice[0]
            .Parts.Single(part => part.Name == "reference model")
            .Bytes.ShouldBe(8_030_261_248.0 * 2 / 8, 1e6);
    }

    [Fact]
    public void Adapters_need_no_reference_of_their_own()
    {
        var option = Ask(Job("dpo", "nvidia-h100-sxm-80gb") with { Adapter = "lora" });

        option.PerDevice[0].Parts.ShouldNotContain(part => part.Name == "reference model");
    }

    [Fact]
    public void A_run_costs_its_hours_at_the_price_of_an_hour()
    {
        var option = Ask(Job("lora", "rtx-4090"));
        var price = new TrainingPrices(Deployments.Catalog).Of(HardwareSpec.Parse("rtx-4090", Deployments.Catalog))!;

        option.CostUsd!.Value.Value.ShouldBe(option.Hours!.Value.Value * price.PerHourUsd.Value, 1e-9);
    }

    [Fact]
    public void Nobody_rents_eight_devices_to_use_one()
    {
        var one = new TrainingPrices(Deployments.Catalog).Of(
            HardwareSpec.Parse("nvidia-h100-sxm-80gb", Deployments.Catalog)
        )!;

        // The dearest of the providers of 2026 asks 14.19 USD for one H100 an hour.
        one.PerHourUsd.High.ShouldBeLessThan(20);
        one.Cheapest.Count.ShouldBe(1);
    }

    [Fact]
    public void More_examples_never_take_less_time() =>
        Gen.Select(Gen.Long[1, 100_000], Gen.Long[1, 100_000])
            .Sample((few, more) => Hours(Math.Min(few, more)) <= Hours(Math.Max(few, more)), iter: 30);

    private static double Hours(long examples) =>
        Ask(Job("lora", "rtx-4090", "facebook/opt-350m") with { Examples = examples }).Hours!.Value.Value;

    [Theory]
    [InlineData("rank", "1 to 1024")]
    [InlineData("target modules", "q_proj")]
    [InlineData("--global-batch", "multiple of")]
    [InlineData("--sequence", "cut off")]
    [InlineData("--tensor-parallel", "divisor")]
    [InlineData("--group", "2 to")]
    public void What_cannot_be_is_named_with_what_would_work(string place, string expected)
    {
        var job = Job("lora", "2x:rtx-4090");
        job = place switch
        {
            "rank" => job with { Rank = 5000 },
            "target modules" => job with { Targets = ["q_prj"] },
            "--global-batch" => job with { GlobalBatch = 7 },
            "--sequence" => job with { Sequence = 512 },
            "--tensor-parallel" => job with { TensorParallel = 3 },
            _ => job with { Method = "grpo", Group = 1 },
        };

        var thrown = Should.Throw<BadContentException>(() => Ask(job));

        thrown.File.ShouldBe(place);
        thrown.Expected.ShouldContain(expected);
    }

    [Fact]
    public void Weights_without_gradients_are_not_trained_in_full()
    {
        var thrown = Should.Throw<BadContentException>(() =>
            Ask(Job("full", "8x:nvidia-h100-sxm-80gb", "openai/gpt-oss-20b"))
        );

        thrown.Found.ShouldContain("no gradients");
        thrown.Expected.ShouldContain("qlora");
    }
}
