using Loadline.Planning;
using Loadline.Quantities;

namespace Loadline.Cli.Rendering;

internal static class PlanPage
{
    public static void Render(Page page, Plan plan)
    {
        page.Headline(plan.Verdict);
        if (plan.Recommended is { } winner)
            page.Facts([.. Summary(plan, winner), ("Set up", SetUp(winner))]);
        Demand(page, plan.Demand);
        Options(page, plan);
        page.List("Why", plan.Reasons);
        page.List(
            "Roadmap",
            plan.Roadmap.Select(stage =>
                $"At {stage.Trigger}, {When(plan, stage)}: {stage.Action}, then {Figures.Dollars(stage.CostPerMonthUsd)} USD/month."
            )
        );
        Rejected(page, plan);
        page.List("Open questions", plan.OpenQuestions);
        page.List("Assumptions", plan.Assumptions);
        page.Line();
        page.Line(Figures.Legend);
    }

    private static string SetUp(Candidate winner)
    {
        var devices = winner.Parallelism.Devices;
        var replicas = winner.Replicas == 1 ? "1 replica" : $"{Figures.Exact(winner.Replicas)} replicas";
        var machines = winner.Machines == 1 ? "1 machine" : $"{Figures.Exact(winner.Machines)} machines";
        return $"{winner.Engine}, weights {winner.WeightFormat}, cache {winner.KvFormat}; {replicas} of {devices} "
            + $"{(devices == 1 ? "device" : "devices")} on {machines}";
    }

    /// <summary>The five lines under the verdict that a reader takes away.</summary>
    private static List<(string, string)> Summary(Plan plan, Candidate winner)
    {
        var facts = new List<(string, string)>
        {
            (
                "Cost",
                $"{Figures.Dollars(winner.CostPerMonthUsd)} USD/month, {Where(winner)}, price of {winner.PriceAsOf}"
            ),
            ("Latency", LatencyOf(plan.Percentiles, winner)),
            ("Binds", winner.BindingConstraint),
        };
        if (!plan.Alternatives.IsEmpty)
            facts.Add(("Runner-up", RunnerUp(winner, plan.Alternatives[0])));
        if (plan.Roadmap.FirstOrDefault() is { } stage)
            facts.Add(("Changes", $"at {stage.Trigger}: {When(plan, stage)}"));
        return facts;
    }

    private static string LatencyOf(LatencyPercentiles percentiles, Candidate winner)
    {
        var first = $"p{percentiles.Ttft * 100:0.##}";
        var whole = $"p{percentiles.EndToEnd * 100:0.##}";
        return $"first token {Figures.Time(winner.TtftSeconds)}{(first == whole ? "" : $" at {first}")}, whole answer "
            + $"{Figures.Time(winner.EndToEndSeconds)}, at {whole}; {Figures.Probability(winner.Confidence)} sure";
    }

    private static string RunnerUp(Candidate winner, Candidate second)
    {
        var difference = second.CostPerMonthUsd.Value - winner.CostPerMonthUsd.Value;
        var times = second.EndToEndSeconds?.Value / winner.EndToEndSeconds?.Value;
        var cost =
            difference <= 0.005 * winner.CostPerMonthUsd.Value
                ? "the same cost"
                : $"{Significant.Three(difference)} USD/month more";
        return $"{Name(second.Model)} {second.WeightFormat} on {second.Hardware}: {cost}"
            + (times is { } longer ? $", {Significant.Three(longer)} times the wait" : "");
    }

    private static void Demand(Page page, Demand demand)
    {
        var rows = new List<IReadOnlyList<string>>();
        if (demand.People is { } people)
            rows.Add(["people who may use it", Figures.Of(people)]);
        if (demand.ActiveUsers is { } active)
            rows.Add(["in a conversation in the busiest hour", Figures.Of(active)]);
        rows.Add(["requests/s in the busiest hour", Figures.Of(demand.PeakRequestsPerSecond)]);
        rows.Add(["requests/s, mean of the month", Figures.Of(demand.MeanRequestsPerSecond)]);
        rows.Add(["requests in flight at most, as slow as allowed", Figures.Of(demand.RequestsInFlight)]);
        rows.Add(["million prompt tokens/month", Figures.Of(demand.PromptTokensPerMonth, 1e6)]);
        rows.Add(["million output tokens/month", Figures.Of(demand.OutputTokensPerMonth, 1e6)]);
        page.Table(["Demand", ">Estimate"], rows);
    }

    private static void Options(Page page, Plan plan)
    {
        var options = plan.Alternatives.AsEnumerable();
        if (plan.Recommended is { } winner)
            options = options.Prepend(winner);
        else if (plan.Alternatives.IsEmpty)
            return;
        page.Table(
            ["Option", "Machines", ">USD/month", ">Whole answer", ">Sure"],
            options.Select(candidate =>
                (IReadOnlyList<string>)
                    [
                        $"{Name(candidate.Model)} {candidate.WeightFormat}",
                        $"{candidate.Hardware} {Where(candidate)}",
                        Figures.Dollars(candidate.CostPerMonthUsd),
                        Figures.Time(candidate.EndToEndSeconds),
                        Figures.Probability(candidate.Confidence),
                    ]
            )
        );
    }

    /// <summary>The part of a model id after the organisation.</summary>
    private static string Name(string model) => model[(model.LastIndexOf('/') + 1)..];

    private static string Where(Candidate candidate) =>
        candidate.Region is { } region and not "global" ? $"{candidate.Provider} {region}" : candidate.Provider;

    private static void Rejected(Page page, Plan plan)
    {
        page.List(
            "Left out (each by itself with --json)",
            plan.Rejected.GroupBy(rejection => rejection.Kind)
                .Select(kind =>
                {
                    var first = kind.First();
                    var count = kind.Count();
                    var of = count == 1 ? "" : $"{count:N0} for {RejectionWords.Of(kind.Key)}, the first: ";
                    return $"{of}{first.What}: {first.Why}";
                })
        );
        page.Line();
        page.Line($"{plan.CandidatesConsidered:N0} combinations of deployment and offer were considered.");
    }

    private static string When(Plan plan, RoadmapStage stage) =>
        (stage.MonthsAtHighGrowth, stage.MonthsAtBaseGrowth) switch
        {
            (null, _) when plan.GrowthPerYear is { Low: 1, High: 1 } => "no growth is assumed",
            (null, _) => $"not within {plan.HorizonMonths} months",
            ({ } high, null) => $"in {high:0} months at high growth, beyond the horizon at base",
            ({ } high, { } middle) when stage.MonthsAtLowGrowth is { } low =>
                $"in {middle:0} months ({high:0}-{low:0})",
            ({ } high, { } middle) => $"in {middle:0} months ({high:0} at high growth)",
        };
}
