using Loadline.Catalog;
using Loadline.Planning;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

// Scores: llm-d-incubation/llm-d-planner, data/benchmarks/accuracy, snapshot of 2026-04-27.
public sealed class CapabilityTests
{
    private static readonly CapabilityLookup Lookup = new(new CatalogReader());

    private static CapabilityVerdict Judge(string model, string benchmark, double minimum, string? variant = null) =>
        Lookup.Judge(model, new Dictionary<string, double> { [benchmark] = minimum }, variant);

    [Theory]
    [InlineData("mmlu_pro")]
    [InlineData("mmluPro")]
    [InlineData("MMLU-Pro")]
    public void A_benchmark_goes_by_every_spelling(string name) =>
        Judge("meta-llama/Llama-3.3-70B-Instruct", name, 70).Findings[0].Score!.Score.ShouldBe(71.3);

    [Fact]
    public void An_unknown_benchmark_is_refused_with_those_that_are_known()
    {
        var error = Should.Throw<UnknownNameException>(() => Judge("Qwen/Qwen3-32B", "mmlu_prro", 10));

        error.Message.ShouldContain("mmlu_prro");
        error.Candidates.ShouldContain("mmlu_pro");
    }

    [Fact]
    public void The_most_frugal_variant_is_compared_unless_another_is_asked_for()
    {
        // GPQA of gpt-oss-120b: 67.2 at low effort, 78.2 at high.
        var frugal = Judge("openai/gpt-oss-120b", "gpqa", 78);
        frugal.Variant.ShouldBe("low");
        frugal.Variants.ShouldBe(["low", "high"]);
        frugal.Grade.ShouldBe(CapabilityGrade.Below);
        frugal.Findings[0].Shortfall!.Value.ShouldBe(10.8, 1e-9);

        Judge("openai/gpt-oss-120b", "gpqa", 78, "high").Grade.ShouldBe(CapabilityGrade.Meets);
        Should.Throw<UnknownNameException>(() => Judge("openai/gpt-oss-120b", "gpqa", 78, "medium"));
        Judge("Qwen/Qwen3-14B", "gpqa", 40).Variant.ShouldBe("non-reasoning");
    }

    [Fact]
    public void Below_by_less_than_the_standard_error_counts_as_equal()
    {
        // 47.0 of 198 questions by hand: sqrt(0.47 x 0.53 / 198) = 3.55 points.
        Judge("Qwen/Qwen3-14B", "gpqa", 50).Grade.ShouldBe(CapabilityGrade.Equal);
        Judge("Qwen/Qwen3-14B", "gpqa", 51).Grade.ShouldBe(CapabilityGrade.Below);
        var score = Lookup.ScoresOf("Qwen/Qwen3-14B").First(score => score.Benchmark == "gpqa");
        score.StandardError!.Value.ShouldBe(3.55, 0.02);
    }

    [Fact]
    public void An_index_has_no_standard_error() =>
        Lookup
            .ScoresOf("Qwen/Qwen3-14B")
            .First(score => score.Benchmark == "artificial_analysis_intelligence_index")
            .StandardError.ShouldBeNull();

    [Theory]
    [InlineData("meta-llama/Meta-Llama-3.1-8B")]
    [InlineData("Qwen/Qwen2.5-72B")]
    [InlineData("nobody/nothing")]
    public void A_base_model_does_not_have_the_scores_of_its_instruct_model(string model)
    {
        var verdict = Judge(model, "ifbench", 1);

        verdict.Grade.ShouldBe(CapabilityGrade.Unknown);
        verdict.Findings[0].Score.ShouldBeNull();
        Lookup.ScoresOf(model).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("meta-llama/Meta-Llama-3.1-8B-Instruct")]
    [InlineData("RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16")]
    [InlineData("nvidia/Llama-3.1-8B-Instruct-FP8")]
    public void A_copy_of_a_model_has_its_scores(string model) =>
        Lookup.ScoresOf(model).ShouldBe(Lookup.ScoresOf("meta-llama/Llama-3.1-8B-Instruct"));

    [Fact]
    public void What_is_below_outweighs_what_is_unknown_and_unknown_is_never_met()
    {
        // No GPQA score of Solar Mini was published.
        Judge("upstage/SOLAR-10.7B-Instruct-v1.0", "gpqa", 1).Grade.ShouldBe(CapabilityGrade.Unknown);
        Lookup
            .Judge("Qwen/Qwen3-14B", new Dictionary<string, double> { ["gpqa"] = 90, ["ifbench"] = 1 })
            .Grade.ShouldBe(CapabilityGrade.Below);
    }

    [Fact]
    public void Every_score_belongs_to_a_benchmark_that_is_known()
    {
        var catalog = new CatalogReader();
        foreach (var entry in catalog.Capabilities.All)
        {
            foreach (var (benchmark, score) in entry.Scores)
            {
                catalog.Benchmarks.Get(benchmark).ShouldNotBeNull($"{entry.Id}: {benchmark}");
                score.ShouldBeInRange(0, 100, entry.Id);
            }
        }
        catalog.Capabilities.All.Count.ShouldBe(203);
    }
}
