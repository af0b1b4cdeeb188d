using Loadline.Quantization.Evaluation;
using Loadline.Quantization.Inference;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests.Evaluation;

public sealed class EvaluatorTests
{
    private static readonly string Text = TestModels.EvaluationTextPath;

    private static EvaluationRequest Of(string model) => new(TestModels.Of(model), Text) { Context = 256, Threads = 2 };

    /// <summary>Perplexities that PyTorch computed on the same windows; they stand in the README of each fixture.</summary>
    [Theory]
    [InlineData("llama-tiny", 19.1369)]
    [InlineData("opt-tiny", 28.6601)]
    public void The_original_beside_itself_has_the_perplexity_of_another_implementation(string model, double perplexity)
    {
        using var session = EvaluationSession.Open(Of(model));

        var result = session.Compare(session.Original, TimeProvider.System, TestContext.Current.CancellationToken);

        result.Perplexity.Value.ShouldBe(perplexity, 2e-3);
        result.Perplexity.Low.ShouldBeLessThan(perplexity);
        result.Perplexity.High.ShouldBeGreaterThan(perplexity);
        result.PerplexityRatio.Value.ShouldBe(1);
        result.KlDivergence.Value.ShouldBe(0, 1e-12);
        result.TopAgreement.Value.ShouldBe(1);
        result.Layers.ShouldAllBe(layer => layer.RelativeError == 0);
        result.Tokens.ShouldBe(session.Text.Tokens);
    }

    [Fact]
    public void Fewer_bits_diverge_further_and_finer_scales_less()
    {
        string[] formats =
        [
            "bf16",
            "Q8_0",
            "Q6_K",
            "Q5_K",
            "Q4_K",
            "Q4_0",
            "fp8-channel",
            "nvfp4",
            "mxfp4",
            "int4",
            "IQ4_NL",
        ];

        var report = new Triangle(Of("llama-tiny"), TimeProvider.System).Run(
            formats,
            null,
            _ => { },
            TestContext.Current.CancellationToken
        );

        report.Formats.ShouldAllBe(format => format.Why == null && format.Method == "round-to-nearest");
        var divergence = report.Formats.ToDictionary(
            format => format.Format,
            format => format.Evaluation!.KlDivergence.Value
        );
        divergence["bf16"].ShouldBe(0, 1e-9);
        InOrder("Q8_0", "Q6_K", "Q5_K", "Q4_K");
        InOrder("nvfp4", "mxfp4");
        InOrder("Q4_K", "Q4_0");
        InOrder("fp8-channel", "nvfp4");
        var bits = report.Formats.ToDictionary(format => format.Format, format => format.BitsPerWeight!.Value);
        bits["bf16"].ShouldBe(16, 0.01);
        bits["Q4_0"].ShouldBeLessThan(bits["Q5_K"]);

        void InOrder(params string[] better)
        {
            for (var i = 1; i < better.Length; i++)
                divergence[better[i - 1]].ShouldBeLessThan(divergence[better[i]], $"{better[i - 1]} {better[i]}");
        }
    }

    [Fact]
    public void A_format_that_a_model_cannot_have_is_named_and_the_others_are_measured()
    {
        var report = new Triangle(Of("opt-tiny"), TimeProvider.System).Run(
            ["Q4_K", "fp8"],
            null,
            _ => { },
            TestContext.Current.CancellationToken
        );

        report.Formats[0].Evaluation.ShouldBeNull();
        report.Formats[0].Why.ShouldNotBeNull().ShouldContain("opt");
        report.Formats[1].Evaluation!.KlDivergence.Value.ShouldBeGreaterThan(0);
    }

    // bf16 keeps 7 bits of the mantissa, so the last 16 of fp32 are zero before anything is cleared.
    [Fact]
    public void Bits_that_were_never_stored_can_be_cleared_for_nothing()
    {
        var report = MantissaStudy.Run(
            Of("llama-tiny"),
            TimeProvider.System,
            _ => { },
            TestContext.Current.CancellationToken
        );

        report.StoredMantissaBits.ShouldBe(7);
        report.Steps.Length.ShouldBe(23);
        report.Steps.Take(16).ShouldAllBe(step => step.Evaluation.KlDivergence.Value < 1e-12);
        var rest = report.Steps.Skip(16).Select(step => step.Evaluation.KlDivergence.Value).ToList();
        rest.ShouldBe(rest.Order());
        rest[0].ShouldBeGreaterThan(0);
        EvaluationCharts.Of(report).ShouldContain("<polyline");
    }

    [Fact]
    public void Importance_of_activations_makes_a_format_diverge_less()
    {
        var request = Of("llama-tiny");
        using var session = EvaluationSession.Open(request);
        var statistics = ActivationStatistics.Of(
            session.Original,
            session.Text,
            null,
            TestContext.Current.CancellationToken
        );
        // One figure for every input feature of every matrix that is multiplied: 3 layers of 7, and the head.
        statistics.MeanSquares.Count.ShouldBe(3 * 7 + 1);
        statistics.MeanSquares["model.layers.0.mlp.gate_proj.weight"].Length.ShouldBe(256);

        var nearest = Divergence([]);
        var weighted = Divergence(statistics.MeanSquares.ToDictionary());

        weighted.ShouldBeLessThan(nearest);

        double Divergence(Dictionary<string, float[]> importance) =>
            new Triangle(request, TimeProvider.System) { Importance = importance }
                .Run(["Q4_K"], null, _ => { }, TestContext.Current.CancellationToken)
                .Formats[0]
                .Evaluation!.KlDivergence.Value;
    }

    // Two tokens, logits (0, ln 3) and (0, 0): P = (1/4, 3/4), Q = (1/2, 1/2).
    // KL = 1/4 ln(1/4 / 1/2) + 3/4 ln(3/4 / 1/2) = 1/4 ln(1/2) + 3/4 ln(3/2).
    [Fact]
    public void Divergence_is_that_of_the_definition()
    {
        float[] original = [0, MathF.Log(3)];
        float[] tested = [0, 0];

        var scores = TokenScores.Of(original, tested, next: 1);

        scores.Divergence.ShouldBe(0.25 * Math.Log(0.5) + 0.75 * Math.Log(1.5), 1e-7);
        scores.Loss.ShouldBe(Math.Log(2), 1e-7);
        scores.OriginalLoss.ShouldBe(-Math.Log(0.75), 1e-7);
        scores.HaveSameTop.ShouldBeFalse();
    }

    // Four stretches of ten tokens with means 1, 2, 3, 4: mean 2.5, standard error sqrt((2.25 + 0.25 + 0.25 + 2.25) / 3 / 4)
    // = 0.6455, and Student's t of 3 degrees is 2.353 at 95 %: half-width 1.519.
    [Fact]
    public void An_interval_is_as_wide_as_stretches_of_text_differ()
    {
        var mean = new ClusteredMean();
        foreach (var value in (double[])[1, 2, 3, 4])
            mean.Add(10 * value, 10);

        mean.Mean.ShouldBe(2.5);
        mean.HalfWidth.ShouldBe(1.519, 0.03);
    }

    [Fact]
    public void A_context_beyond_the_positions_of_the_model_is_refused() =>
        Should
            .Throw<BadContentException>(() => EvaluationSession.Open(Of("opt-tiny") with { Context = 100_000 }))
            .Message.ShouldContain("--context");
}
