using Loadline.Planning;
using Loadline.Quantities;

namespace Loadline.Cli.Rendering;

internal static class PlanPage
{
    public static void Render(Page page, Plan plan)
    {
        page.Headline(plan.Verdict);
        page.List("Different from before", plan.Changes);
        Demand(page, plan.Demand);
        if (plan.Recommended is { } winner)
            page.Facts([.. Summary(plan, winner), ("Set up", SetUp(winner))]);
        Options(page, plan);
        page.List("Why", plan.Reasons);
        page.List("What would have to give", plan.Relaxations);
        page.List("How sure", plan.Sizing is { } sizing ? SizingLines(sizing) : []);
        page.List("When the answer changes", ChangeLines(plan));
        page.List(
            "Roadmap",
            plan.Roadmap.Select(stage =>
                $"At {stage.Trigger}, {When(plan, stage)}: {stage.Action}, then {Figures.Dollars(stage.CostPerMonthUsd)} USD/month{Exit(stage)}."
            )
        );
        page.List("Adaptation (loadline adapt says more)", AdaptationLines(plan));
        page.List("What more would gain", GainLines(plan));
        Rejected(page, plan);
        page.List("Open questions", plan.OpenQuestions);
        page.List("Assumptions", plan.Assumptions);
        page.Line();
        page.Line(Figures.Legend);
    }

    private static IEnumerable<string> SizingLines(Sizing sizing)
    {
        yield return "Replicas for "
            + string.Join(
                ", ",
                sizing.Sizes.Select(size =>
                    $"{size.Confidence * 100:0.##} %: "
                    + (
                        size.Replicas is { } replicas
                            ? $"{Figures.Exact(replicas)} on {Figures.Exact(size.Machines ?? 0)} {(size.Machines == 1 ? "machine" : "machines")}, {Significant.Three(size.CostPerMonthUsd ?? 0)} USD/month"
                            : "no number is enough"
                    )
                )
            )
            + ".";
        foreach (var input in sizing.Inputs)
            yield return $"{input.Share * 100:0} % of the spread is {input.Input}"
                + (
                    input.SavedPerMonthUsd > 0
                        ? $"; knowing it could save {Significant.Three(input.SavedPerMonthUsd)} USD/month"
                        : ""
                )
                + $": {input.HowToMeasure}.";
    }

    private static IEnumerable<string> ChangeLines(Plan plan)
    {
        foreach (var volume in plan.CostOverTime?.Volumes ?? [])
            yield return $"{volume.Text}.";
        foreach (var even in plan.CostOverTime?.BreakEvens ?? [])
            yield return $"{even.Text}.";
        foreach (var input in plan.Sensitivity.Where(input => input.ChangesWinner))
            yield return $"{input.Input}: {input.Low}, {input.WinnerAtLow ?? "no plan"}; {input.High}, {input.WinnerAtHigh ?? "no plan"}.";
        var steady = plan.Sensitivity.Where(input => !input.ChangesWinner).Select(input => input.Input).ToList();
        if (steady.Count > 0)
            yield return $"The same wins at both ends of: {string.Join(", ", steady)}.";
    }

    private static IEnumerable<string> GainLines(Plan plan)
    {
        foreach (var value in plan.MarginalValues.Where(value => value.DifferencePerMonthUsd is not 0))
            yield return $"{value.Knob}, {value.Change}: {value.Effect}.";
        var idle = plan
            .MarginalValues.Where(value => value.DifferencePerMonthUsd is 0)
            .Select(value => value.Knob)
            .ToList();
        if (idle.Count > 0)
            yield return $"Nothing changes with: {string.Join(", ", idle)}.";
        const int Most = 4;
        foreach (var optimisation in plan.Optimisations.Take(Most))
            yield return $"{optimisation.What}: {optimisation.Gain}.";
    }

    private static IEnumerable<string> AdaptationLines(Plan plan)
    {
        if (plan.Adaptation is not { } adaptation)
            yield break;
        yield return adaptation.Verdict;
        if (adaptation.BreakEvenText is { } text)
            yield return $"{text}.";
    }

    private static string Exit(RoadmapStage stage) =>
        stage.ExitCostUsd is { Value: > 0 } exit ? $"; leaving then costs {Significant.Three(exit.Value)} USD" : "";

    private static string SetUp(Candidate winner)
    {
        if (winner.Way == Way.Api)
            return $"{winner.Offer}, nothing to set up";
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
                $"{Figures.Dollars(winner.CostPerMonthUsd)} USD/month, {winner.Terms}, {Where(winner)}{(winner.PriceAsOf.Length > 0 ? $", price of {winner.PriceAsOf}" : "")}"
            ),
            (
                "Horizon",
                $"{Figures.Dollars(winner.CostOverHorizonUsd)} USD over {plan.HorizonMonths} months{(winner.CapitalUsd.Value > 0 ? $", {Significant.Three(winner.CapitalUsd.Value)} USD of it at once" : "")}"
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
        if (winner is { TtftSeconds: null, EndToEndSeconds: null })
            return "not measured: it is known once somebody tries";
        var first = $"p{percentiles.Ttft * 100:0.##}";
        var whole = $"p{percentiles.EndToEnd * 100:0.##}";
        return $"first token {Figures.Time(winner.TtftSeconds)}{(first == whole ? "" : $" at {first}")}, whole answer "
            + $"{Figures.Time(winner.EndToEndSeconds)}, at {whole}; {Figures.Probability(winner.Confidence)} sure";
    }

    private static string RunnerUp(Candidate winner, Candidate second)
    {
        var difference = second.CostPerMonthUsd.Value - winner.CostPerMonthUsd.Value;
        var cost =
            Math.Abs(difference) <= 0.005 * winner.CostPerMonthUsd.Value ? "the same cost"
            : difference < 0 ? $"{Significant.Three(-difference)} USD/month less"
            : $"{Significant.Three(difference)} USD/month more";
        var isCheaper = second.CostOverHorizonUsd.Value < winner.CostOverHorizonUsd.Value;
        if (isCheaper != difference < 0 && cost != "the same cost")
            cost += isCheaper ? " today, less over the horizon" : " today, more over the horizon";
        if (isCheaper && second.CapitalUsd.Value > winner.CapitalUsd.Value)
            cost += $", {Significant.Three(second.CapitalUsd.Value)} USD at once";
        const double Alike = 0.02;
        var wait =
            second.EndToEndSeconds?.Value / winner.EndToEndSeconds?.Value is { } times && Math.Abs(times - 1) > Alike
                ? $", {Significant.Three(times)} times the wait"
                : "";
        return $"{OptionNames.Of(second)}: {cost}{wait}";
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
            ["Option", ">USD/month", ">Whole answer", ">Sure"],
            options.Select(candidate =>
                (IReadOnlyList<string>)
                    [
                        $"{OptionNames.Of(candidate)} ({(candidate.Way is Way.Rent ? Where(candidate) + ", " : "")}{candidate.Terms})",
                        Figures.Dollars(candidate.CostPerMonthUsd),
                        Figures.Time(candidate.EndToEndSeconds),
                        Figures.Probability(candidate.Confidence),
                    ]
            )
        );
    }

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
