using System.Collections.Immutable;
using System.Globalization;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>The sentences of a plan.</summary>
internal static class Verdict
{
    public static string Of(
        Scenario scenario,
        Demand demand,
        Candidate? winner,
        ImmutableArray<Candidate> others,
        Search search
    )
    {
        var load = demand.People is { } people
            ? string.Create(CultureInfo.InvariantCulture, $"{people.Value:N0} people")
            : $"{Significant.Three(demand.PeakRequestsPerSecond.Value)} requests per second";
        if (winner is not null)
            return $"Yes: {ShortName(winner.Model)} {winner.WeightFormat} on {winner.Hardware} serves {load} for "
                + $"{Significant.Three(winner.CostPerMonthUsd.Value)} USD a month.";
        if (others.IsEmpty)
            return $"No: nothing on offer serves {load} as asked; {WhyNot(search)}.";
        var cheapest = others[0];
        return $"No: {scenario.MaximumMonthly} a month is not enough for {load}; the cheapest that serves them, "
            + $"{Machines(cheapest)}, costs {Significant.Three(cheapest.CostPerMonthUsd.Value)} USD.";
    }

    public static ImmutableArray<string> Reasons(Scenario scenario, Candidate? winner, ImmutableArray<Candidate> others)
    {
        if (winner is null)
            return [];
        var reasons = new List<string>
        {
            $"It is the cheapest of the candidates that meet the objectives with {scenario.Objectives.Confidence * 100:0} % confidence.",
            $"It carries {Significant.Three(winner.MaximumRequestsPerSecond ?? 0)} requests/s with that confidence; what binds is the {winner.BindingConstraint}.",
        };
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
            difference <= 0.005 * winner.CostPerMonthUsd.Value
                ? "costs the same"
                : $"costs {Significant.Three(difference)} USD a month more{share}";
        return $"{second.Model} {second.WeightFormat} on {second.Hardware}, {cost}{(slower is { } times ? $" and takes {Significant.Three(times)} times as long" : "")}";
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

    /// <summary>The part of a model id after the organisation.</summary>
    private static string ShortName(string model) => model[(model.LastIndexOf('/') + 1)..];

    private static string Machines(Candidate candidate) =>
        candidate.Machines == 1
            ? $"one machine ({candidate.Hardware})"
            : $"{candidate.Machines} machines ({candidate.Hardware} in all)";
}
