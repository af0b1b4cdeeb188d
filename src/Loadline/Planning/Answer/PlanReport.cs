using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Loadline.Planning;

/// <summary>Turns what a search found into an answer: the winner, why it won, what was close, what lies ahead.</summary>
internal static class PlanReport
{
    public static Plan Of(PlanContext context, CancellationToken cancellation)
    {
        var (scenario, found, choice) = (context.Scenario, context.Found, context.Choice);
        var builder = new CandidateBuilder(scenario, found);
        var recommended = choice.Winner is { } winner ? builder.Build(winner) : null;
        var alternatives = choice.Alternatives.Select(builder.Build).ToImmutableArray();
        var machines = choice.Winner as SizedPlan ?? (choice.Winner as HybridPlan)?.Whole;
        var compared = machines ?? choice.Alternatives.OfType<SizedPlan>().FirstOrDefault();
        var whatIfs = new WhatIfs(context, cancellation);
        var formats = compared is null ? null : new FormatComparison(context, compared);
        // Who has machines wants to know what can be done with them first.
        var current = found
            .Search.Options.OfType<SizedPlan>()
            .Where(plan => plan.Way == Way.Own)
            .MinBy(plan => plan.RankCost);
        var improved = current is null ? formats : new FormatComparison(context, current);

        return new Plan
        {
            Name = scenario.Name,
            Demand = found.Demand,
            Recommended = recommended,
            Verdict = Verdict.Of(context, recommended, alternatives),
            Alternatives = alternatives,
            Pareto = [.. choice.Front.Select(builder.Build)],
            Rejected = Rejections(context),
            Roadmap = choice.Winner is null ? [] : new Roadmap(context).Of(choice.Winner),
            GrowthPerYear = scenario.Workload.GrowthPerYear,
            HorizonMonths = scenario.Budget.HorizonMonths,
            Objectives = PlanObjectives.Of(scenario.Objectives),
            Percentiles = new LatencyPercentiles(
                LatencyPercentiles.ProbabilityOf(scenario.Objectives.Ttft),
                LatencyPercentiles.ProbabilityOf(scenario.Objectives.Tpot),
                LatencyPercentiles.ProbabilityOf(scenario.Objectives.EndToEnd)
            ),
            Reasons = Verdict.Reasons(context, recommended, alternatives),
            Assumptions = Assumptions(context),
            OpenQuestions = Questions(context, recommended),
            CandidatesConsidered = found.Search.Considered,
            Sizing = machines is null ? null : SizingBuilder.Of(machines, context),
            LowerBounds = machines is null ? [] : SizingBuilder.LowerBounds(machines, context),
            CostOverTime = choice.Winner is null
                ? null
                : CostOverTimeBuilder.Of(context, choice.Alternatives.Prepend(choice.Winner)),
            MarginalValues = choice.Winner is null || !context.Planner.AsksWhatIf ? [] : whatIfs.MarginalValues(),
            Sensitivity = choice.Winner is null || !context.Planner.AsksWhatIf ? [] : whatIfs.Sensitivity(),
            Optimisations = improved?.Optimisations() ?? [],
            QualityPoints = formats?.Points() ?? [],
            Relaxations =
                choice.Winner is null && context.Planner.AsksWhatIf ? new Relaxations(context, cancellation).All() : [],
            Setup = recommended is null ? null : SetupBuilder.Of(context, choice.Winner!, recommended),
            Record = Record(context, [.. alternatives, .. recommended is null ? [] : new[] { recommended }]),
        };
    }

    private static ImmutableArray<Rejection> Rejections(PlanContext context)
    {
        var found = context.Found;
        var rejected = found.Search.Rejected.ToImmutableArray().ToBuilder();
        var over = found.Search.Options.Count - PlanChoice.Affordable(found).Count;
        if (over > 0)
            rejected.Add(
                new Rejection(
                    $"{over:N0} {(over == 1 ? "candidate" : "candidates")}",
                    RejectionKind.Budget,
                    "cost more, or draw more power, than there is"
                )
            );
        foreach (var (bound, count) in found.Search.ExcludedByBound.Where(pair => Words(pair.Key) is not null))
            rejected.Add(
                new Rejection(
                    $"{count:N0} {(count == 1 ? "combination" : "combinations")}",
                    RejectionKind.Bound,
                    Words(bound)!
                )
            );
        return rejected.ToImmutable();
    }

    /// <summary>What a bound says of the points it excludes; null where each has a reason of its own.</summary>
    private static string? Words(string bound) =>
        bound switch
        {
            "cost" => "cost more than three times the cheapest plan on machines by the least that physics allows",
            "larger than needed" => "spread a model over several machines that fits into one",
            "dearer offer" => "are the same machines on the same terms for as much or more",
            "surpassed" =>
                "are above others in cost by the least they could cost, and not better in time, quality or capital at their best",
            _ => null,
        };

    private static ImmutableArray<string> Assumptions(PlanContext context)
    {
        var (scenario, found) = (context.Scenario, context.Found);
        var assumptions = new List<string>(scenario.Assumptions);
        assumptions.AddRange(found.Search.Assumptions);
        assumptions.AddRange(found.Costs.Factors.Assumptions);
        if (context.Choice.Winner is { } winner)
        {
            if ((winner as SizedPlan ?? (winner as HybridPlan)?.Whole) is { } plan)
            {
                assumptions.AddRange(plan.Sized.Assumptions);
                if (plan.Simulated is { } simulated)
                    assumptions.Add(
                        $"Latencies of the options are those of {simulated.Requests:N0} simulated requests at random times, at the rate of one replica in the busiest hour."
                    );
                assumptions.Add("A provider is taken to have as many machines as the plan needs, now and later.");
            }
            var trend = scenario.Budget.PriceTrendPerYear;
            assumptions.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Prices are of the dates given, x{MachineCosts.PriceSpread} either way; rents and tokens move by x{trend.Base:0.##} a year (x{trend.Low:0.##} to x{trend.High:0.##}); whether they fall or rise is not known."
                )
            );
            assumptions.Add("Rented on demand, machines that the hours outside of work do not need are switched off.");
            assumptions.Add(
                "Not in the cost: taxes, storage and network of a cloud (a study of 2026-05 puts them at 30-50 % of the rent), building the service, moving data."
            );
        }
        if (scenario.Objectives.Availability is { } asked)
            assumptions.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"A machine is there {Spares.MachineAvailability * 100:0.##} % of the time, independently of others; spare ones make {asked * 100:0.###} % of it and let upgrades roll. A provider's own failure is not in it."
                )
            );
        assumptions.Add(
            $"All inputs are drawn together {PlanDraws.Count:N0} times: the error of the prediction once per deployment, habits, growth until the plan is looked at again, price."
        );
        return [.. assumptions.Distinct(StringComparer.Ordinal)];
    }

    private static ImmutableArray<string> Questions(PlanContext context, Candidate? recommended)
    {
        var scenario = context.Scenario;
        var questions = scenario.OpenQuestions.ToList();
        if (recommended is null)
            return [.. questions];
        questions.AddRange(recommended.Conditions);
        if (StaleOf(recommended, context.Start) is { } months)
            questions.Add(
                $"The {(recommended.Way == Way.Buy ? "purchase price" : $"price of {recommended.Provider}")} is {months} months old: what is it today? (purchasing)"
            );
        if (recommended.Way == Way.Buy)
        {
            if (scenario.Budget.CapitalCostPerYear <= 0)
                questions.Add(
                    "What does the money cost that is bound in machines? None is counted; budget.capitalCost is for it. (finance)"
                );
            if (recommended.LeadTimeWeeks is null)
                questions.Add(
                    "How long does the seller take to deliver? No range is known for this hardware. (purchasing)"
                );
        }
        if (scenario.Deployment.Current is not null && scenario.Budget.ColocationPerKilowattMonth is null)
            questions.Add(
                "Is the place of the machines that are there paid for whatever runs on them? It is counted for those above 3 kW; budget.colocation: 0 leaves it out. (facilities)"
            );
        if (recommended.Way != Way.Api && scenario.Budget.OperatorFte is null)
            questions.Add(
                "Who runs it, for how much of their time, at what cost? A norm is counted; budget.operators is for it. (operations)"
            );
        return [.. questions.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Prices older than this are no longer to be relied on: medians moved by 10 % within 30 days of 2026.</summary>
    private const int StaleMonths = 3;

    /// <summary>Age of a price in months where it is stale; null where it is not, or has no date.</summary>
    private static int? StaleOf(Candidate candidate, DateOnly start)
    {
        var parts = candidate.PriceAsOf.Split('-');
        if (parts.Length < 2 || !int.TryParse(parts[0], out var year) || !int.TryParse(parts[1], out var month))
            return null;
        var age = (start.Year - year) * 12 + start.Month - month;
        return age >= StaleMonths ? age : null;
    }

    private static PlanRecord Record(PlanContext context, ImmutableArray<Candidate> shown)
    {
        var dates = shown
            .Select(candidate => candidate.PriceAsOf)
            .Where(date => date.Length > 0 && char.IsAsciiDigit(date[0]))
            .Order(StringComparer.Ordinal)
            .ToList();
        return new PlanRecord
        {
            Version = typeof(PlanReport).Assembly.GetName().Version?.ToString(3) ?? "",
            CatalogDate = context.Catalog.Date,
            Seed = (int)PlanDraws.Seed,
            Start = context.Start.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            OldestPrice = dates.FirstOrDefault() ?? "",
            NewestPrice = dates.LastOrDefault() ?? "",
            Scenario = context.Scenario.Document ?? JsonElement.Parse("{}"),
        };
    }
}
