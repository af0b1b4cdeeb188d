using System.Globalization;
using Loadline.Catalog;
using Loadline.Planning;
using Loadline.Prediction;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class DecisionScoringTests
{
    private const string Heading =
        "id,source_date,engine,engine_version,model,weight_format,accelerator,accelerator_id,accelerator_count,tp,input_tokens,output_tokens,concurrency_or_batch,scenario,metric,value\n";

    private static readonly string[] Machines =
    [
        "nvidia-h100-sxm-80gb",
        "nvidia-h200-sxm-141gb",
        "nvidia-a100-sxm-80gb",
        "nvidia-l40s-48gb",
    ];

    private static readonly CatalogReader Catalog = new();
    private static readonly ModelSource Models = new(Catalog);

    /// <summary>Runs whose figures are what is predicted, each times a factor of its machine.</summary>
    private static CsvTable Runs(Func<string, double> factor, int machines = 4)
    {
        var rows = new List<string>();
        foreach (var machine in Machines.Take(machines))
        {
            foreach (var concurrency in (int[])[4, 32])
            {
                foreach (var metric in (string[])["ttft_ms_mean", "tpot_ms_mean"])
                    rows.Add(
                        $"x-{rows.Count},2026-04,vllm,0.18,meta-llama/Llama-3.1-8B-Instruct,bf16,{machine},{machine},1,1,1000,500,{concurrency},server,{metric}"
                    );
            }
        }
        var cases = Validation.Of(Table(rows.Select(row => row + ",1")), Catalog, Models, withCases: true).Cases!.Value;
        return Table(
            rows.Select(
                (row, i) =>
                {
                    var machine = Machines.First(name => row.Contains(name, StringComparison.Ordinal));
                    var value = cases.Single(item => item.Id == $"x-{i}").Predicted!.Value.Value * factor(machine);
                    return $"{row},{value.ToString("R", CultureInfo.InvariantCulture)}";
                }
            )
        );
    }

    private static CsvTable Table(IEnumerable<string> rows) =>
        CsvTable.Read("runs.csv", new StringReader(Heading + string.Join("\n", rows) + "\n"));

    private static DecisionScore Score(CsvTable table, double limit, double confidence = 0.5) =>
        new DecisionScoring(Catalog, Models).Score(table, new Duration(limit), confidence);

    [Fact]
    public void Measurements_that_are_as_predicted_are_decided_without_regret()
    {
        var score = Score(Runs(_ => 1), limit: 0.1);

        score.Models.ShouldBe(1);
        score.Decisions.ShouldBe(1);
        score.MedianRegret!.Value.ShouldBe(0, 1e-9);
        score.MissShare.ShouldBe(0);
        score.RankCorrelation!.Value.ShouldBe(1, 1e-9);
    }

    [Fact]
    public void Machines_that_are_all_slower_alike_change_no_decision()
    {
        var score = Score(Runs(_ => 2), limit: 10);

        score.MedianRegret!.Value.ShouldBe(0, 1e-9);
        score.RankCorrelation!.Value.ShouldBe(1, 1e-9);
    }

    [Fact]
    public void A_choice_that_is_three_times_as_slow_as_thought_costs_more_than_the_best()
    {
        // Whichever is chosen without the others being worse, in one of four files it is the one that is slow.
        var regrets = Machines
            .Select(slow => Score(Runs(machine => machine == slow ? 3 : 1), limit: 10).MedianRegret!.Value)
            .ToList();

        regrets.Count(regret => regret > 0).ShouldBe(1);
        regrets.Max().ShouldBeLessThanOrEqualTo(2);
    }

    [Fact]
    public void A_choice_that_breaks_the_limit_is_a_miss()
    {
        // All keep 50 ms as predicted; measured, only one that is never the cheapest does.
        var score = Score(Runs(machine => machine == "nvidia-a100-sxm-80gb" ? 1 : 30), limit: 0.05);

        score.MissShare.ShouldBe(1);
    }

    [Fact]
    public void Confidence_never_adds_misses()
    {
        var runs = Runs(machine => machine == "nvidia-l40s-48gb" ? 3 : 1.3);

        foreach (var limit in (double[])[0.008, 0.015, 0.03, 0.06])
        {
            var sure = Score(runs, limit, 0.99).MissShare ?? 0;
            sure.ShouldBeLessThanOrEqualTo(Score(runs, limit, 0.5).MissShare ?? 1);
        }
    }

    [Fact]
    public void Three_deployments_are_no_choice() => Score(Runs(_ => 1, machines: 3), limit: 1).Models.ShouldBe(0);
}
