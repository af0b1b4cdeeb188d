using System.Collections.Immutable;
using System.Globalization;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>The sentences of a plan.</summary>
internal static class Verdict
{
    public static string Of(PlanContext context, Candidate? winner, ImmutableArray<Candidate> others)
    {
        var demand = context.Found.Demand;
        var load = demand.People is { } people
            ? string.Create(CultureInfo.InvariantCulture, $"{people.Value:N0} people")
            : $"{Significant.Three(demand.PeakRequestsPerSecond.Value)} requests per second";
        if (winner is not null)
            return Yes(context, winner, load);
        var known = others
            .Where(candidate => candidate.Capability.All(figure => figure.Minimum is null || figure.Score is not null))
            .ToList();
        if (known.Count == 0 && !others.IsEmpty)
            return $"No: of the models that could serve {load}, none has a published score for what is asked; the first of them, {OptionNames.Of(others[0])}, would have to be tested.";
        if (others.IsEmpty)
            return $"No: nothing on offer serves {load} as asked; {WhyNot(context.Found.Search)}.";
        var cheapest = others[0];
        return $"No: {LimitOf(context.Scenario)} is not enough for {load}; the cheapest that serves them, "
            + $"{OptionNames.Of(cheapest)}, costs {Significant.Three(cheapest.CostPerMonthUsd.Value)} USD a month"
            + (
                cheapest.CapitalUsd.Value > 0
                    ? $" and {Significant.Three(cheapest.CapitalUsd.Value)} USD at once."
                    : "."
            );
    }

    private static string Yes(PlanContext context, Candidate winner, string load)
    {
        var cost = $"{Significant.Three(winner.CostPerMonthUsd.Value)} USD a month";
        var model = OptionNames.ShortModel(winner.Model);
        if (winner.Way == Way.Api)
        {
            var speed = winner.TtftSeconds is null
                ? " Nobody has measured here how fast it answers: try it before you sign."
                : "";
            return $"Yes: buy and rent nothing; {model} as {winner.Provider} hosts it serves {load} for {cost}.{speed}";
        }
        var machines = winner.Machines == 1 ? "one machine" : $"{winner.Machines:N0} machines";
        var doing = winner.Way switch
        {
            Way.Rent => $"rent {machines} at {winner.Provider}",
            Way.Buy => $"buy {machines} for {Significant.Three(winner.CapitalUsd.Value)} USD",
            Way.Own => $"{machines} of those that are there suffice",
            _ => $"keep a base on machines of your own ({winner.Terms})",
        };
        return $"Yes: {doing} ({winner.Hardware}); {model} {winner.WeightFormat} on {(winner.Machines == 1 ? "it" : "them")} serves {load} for {cost}, people who run it included.";
    }

    public static ImmutableArray<string> Reasons(
        PlanContext context,
        Candidate? winner,
        ImmutableArray<Candidate> others
    )
    {
        if (winner is null)
            return [];
        var scenario = context.Scenario;
        var reasons = new List<string>
        {
            winner.Confidence is { }
                ? $"Of all that meet the objectives with {scenario.Objectives.Confidence * 100:0} % confidence it costs least over {scenario.Budget.HorizonMonths} months."
                : $"It costs least over {scenario.Budget.HorizonMonths} months; its latency is not measured and so neither speaks for nor against it.",
        };
        if (winner.MaximumRequestsPerSecond is { } most)
            reasons.Add(
                $"It carries {Significant.Three(most)} requests/s with that confidence where {Significant.Three(context.Found.Demand.PeakRequestsPerSecond.Value)} are asked; what binds is the {winner.BindingConstraint}."
            );
        else if (context.Choice.Alternatives.OfType<SizedPlan>().FirstOrDefault() is { } machines)
            reasons.Add(
                $"The cheapest machines that serve the same, {OptionNames.Of(machines)}, cost {Significant.Three(machines.CostPerMonth)} USD a month with the people who run them, whatever is asked of them."
            );
        if (!others.IsEmpty)
            reasons.Add($"The runner-up, {RunnerUp(winner, others[0])}.");
        return [.. reasons];
    }

    /// <summary>What came second, and by how much it lost.</summary>
    public static string RunnerUp(Candidate winner, Candidate second)
    {
        var difference = second.CostPerMonthUsd.Value - winner.CostPerMonthUsd.Value;
        // A machine of one's own may cost nothing in the catalog.
        var share = winner.CostPerMonthUsd.Value > 0 ? $" ({difference / winner.CostPerMonthUsd.Value * 100:0} %)" : "";
        var slower = second.EndToEndSeconds?.Value / winner.EndToEndSeconds?.Value;
        var cost =
            Math.Abs(difference) <= 0.005 * winner.CostPerMonthUsd.Value ? "costs the same"
            : difference < 0
                ? $"costs {Significant.Three(-difference)} USD a month less today and more over the horizon"
            : $"costs {Significant.Three(difference)} USD a month more{share}";
        const double Alike = 0.02;
        var wait =
            slower is { } times && Math.Abs(times - 1) > Alike
                ? $" and takes {Significant.Three(times)} times as long"
                : "";
        return $"{OptionNames.Of(second)}, {cost}{wait}";
    }

    private static string LimitOf(Scenario scenario)
    {
        var limits = new List<string>();
        if (scenario.Budget.MaximumMonthly is { } monthly)
            limits.Add($"{monthly} a month");
        if (scenario.Budget.MaximumCapital is { } capital)
            limits.Add($"{capital} at once");
        if (scenario.Deployment.MaximumKilowatts is { } power)
            limits.Add($"{Significant.Three(power)} kW");
        return limits.Count == 0 ? "what there is" : string.Join(" with ", limits);
    }

    /// <summary>What came nearest, or the one reason there is.</summary>
    private static string WhyNot(Search search)
    {
        // What met the objectives and was too much otherwise is nearer than what missed them.
        if (search.Rejected.FirstOrDefault(rejection => rejection.Kind == RejectionKind.Size) is { } tooMany)
            return tooMany.Why;
        if (search.Nearest is { } nearest)
            return $"nearest is {nearest.What}, whose {nearest.Miss.What} is {nearest.Miss.Found} where "
                + $"{nearest.Miss.Limit} is asked";
        var reasons = search
            .Rejected.Where(rejection => rejection.Kind != RejectionKind.Price)
            .Select(rejection => rejection.Why)
            .Distinct(StringComparer.Ordinal)
            .Take(2)
            .ToList();
        return reasons is [var only] ? only : "the reasons are listed";
    }
}
