using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Turns what a search found into an answer: the winner, why it won, what was close, what lies ahead.</summary>
internal static class PlanReport
{
    private const int MostAlternatives = 6;

    /// <param name="scenario">What was asked.</param>
    /// <param name="demand">The load.</param>
    /// <param name="search">What was found.</param>
    /// <param name="verification">Plays finalists; null shows them by their closed forms.</param>
    public static Plan Of(Scenario scenario, Demand demand, Search search, PlanVerification? verification)
    {
        var ranked = search.Candidates.ToList();
        ranked.Sort(PlanVerification.Compare);
        var affordable = scenario.MaximumMonthly is { } most
            ? ranked.TakeWhile(plan => plan.CostPerMonth <= most).ToList()
            : ranked;
        var finalists = Finalists(affordable);
        var front = ParetoFront(Shown(ParetoFront(affordable).Concat(finalists)));
        // A plan that took one machine more may have lost its place.
        if (front.FirstOrDefault() is { } cheapest && !finalists.Contains(cheapest))
            finalists = [cheapest, .. finalists];
        var winner = finalists.FirstOrDefault();
        // Nothing is affordable: what would be, is shown.
        if (winner is null)
            finalists = Finalists(ranked);
        var recommended = winner is null ? null : CandidateBuilder.Build(winner, scenario);
        var alternatives = finalists
            .Skip(winner is null ? 0 : 1)
            .Take(MostAlternatives)
            .Select(plan => CandidateBuilder.Build(plan, scenario))
            .ToImmutableArray();

        return new Plan
        {
            Name = scenario.Name,
            Demand = demand,
            Recommended = recommended,
            Verdict = Verdict.Of(scenario, demand, recommended, alternatives, search),
            Alternatives = alternatives,
            Pareto = [.. front.Select(plan => CandidateBuilder.Build(plan, scenario))],
            Rejected = Rejections(search, affordable.Count < ranked.Count, scenario),
            Roadmap = winner is null ? [] : Roadmap.Of(winner, scenario, demand),
            GrowthPerYear = scenario.Workload.GrowthPerYear,
            HorizonMonths = scenario.HorizonMonths,
            Percentiles = new LatencyPercentiles(
                LatencyPercentiles.ProbabilityOf(scenario.Objectives.Ttft),
                LatencyPercentiles.ProbabilityOf(scenario.Objectives.Tpot),
                LatencyPercentiles.ProbabilityOf(scenario.Objectives.EndToEnd)
            ),
            Reasons = Verdict.Reasons(scenario, recommended, alternatives),
            Assumptions = Assumptions(scenario, search, winner),
            OpenQuestions = scenario.OpenQuestions,
            CandidatesConsidered = search.Considered,
        };

        List<SizedPlan> Finalists(List<SizedPlan> plans)
        {
            const int Most = MostAlternatives + 1;
            var distinct = Distinct(plans);
            var kept = verification?.First(distinct, Most) ?? [.. distinct.Take(Most)];
            return scenario.MaximumMonthly is { } limit && ReferenceEquals(plans, affordable)
                ? [.. kept.Where(plan => plan.CostPerMonth <= limit)]
                : kept;
        }

        List<SizedPlan> Shown(IEnumerable<SizedPlan> plans)
        {
            var shown = (verification is null ? plans : plans.Select(Kept).OfType<SizedPlan>()).Distinct().ToList();
            shown.Sort(PlanVerification.Compare);
            return shown;
        }

        SizedPlan? Kept(SizedPlan plan) =>
            (plan.Simulated is null ? verification!.Verified(plan) : plan) is { } kept
            && !(kept.CostPerMonth > scenario.MaximumMonthly)
                ? kept
                : null;
    }

    /// <summary>The cheapest of each model and accelerator, in order of cost.</summary>
    private static IEnumerable<SizedPlan> Distinct(IEnumerable<SizedPlan> ranked) =>
        ranked.DistinctBy(plan => (plan.Model.Id, plan.Offer.Accelerator));

    /// <summary>Plans that are faster, or lose less quality, than every one that costs as much or less.</summary>
    private static List<SizedPlan> ParetoFront(List<SizedPlan> ranked)
    {
        var front = new List<SizedPlan>();
        var fastest = double.PositiveInfinity;
        var fastestLossless = double.PositiveInfinity;
        foreach (var plan in ranked)
        {
            // A gain below 1 % is within the rounding of the search, not a reason to pay more.
            var beaten = plan.LosesQuality ? fastest : fastestLossless;
            if (plan.EndToEndSeconds >= beaten * 0.99)
                continue;
            front.Add(plan);
            fastest = Math.Min(fastest, plan.EndToEndSeconds);
            if (!plan.LosesQuality)
                fastestLossless = plan.EndToEndSeconds;
        }
        return front;
    }

    private static ImmutableArray<Rejection> Rejections(Search search, bool overBudget, Scenario scenario)
    {
        var rejected = search.Rejected.ToImmutableArray().ToBuilder();
        if (overBudget)
        {
            var count = search.Candidates.Count(plan => plan.CostPerMonth > scenario.MaximumMonthly);
            rejected.Add(
                new Rejection(
                    $"{count} candidates",
                    RejectionKind.Budget,
                    $"cost more than {scenario.MaximumMonthly} per month"
                )
            );
        }
        return rejected.ToImmutable();
    }

    private static ImmutableArray<string> Assumptions(Scenario scenario, Search search, SizedPlan? winner)
    {
        var assumptions = new List<string>(scenario.Assumptions);
        assumptions.AddRange(search.Assumptions.Distinct(StringComparer.Ordinal));
        if (winner is not null)
        {
            assumptions.AddRange(winner.Sized.Assumptions);
            assumptions.Add(
                "Rental prices are on demand, all hours of the month, as of the date given; their range is a norm."
            );
            if (winner.Simulated is { } simulated)
                assumptions.Add(
                    $"Latencies of the options are those of {simulated.Requests:N0} simulated requests at random times, at the rate of one replica in the busiest hour; the search, the confidence and the roadmap use closed forms."
                );
            assumptions.Add("The provider is taken to have as many machines as the plan needs, now and later.");
        }
        assumptions.Add(
            "Only the stored format and 8-bit weights are searched; capability and quality are not compared yet."
        );
        return [.. assumptions.Distinct(StringComparer.Ordinal)];
    }
}
