using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>The sentences of a plan.</summary>
internal static class Verdict
{
    public static string Of(Scenario scenario, Demand demand, Candidate? winner, ImmutableArray<Candidate> others)
    {
        var load = demand.People is { } people
            ? $"{people.Value:N0} people"
            : $"{Significant.Three(demand.PeakRequestsPerSecond.Value)} requests per second";
        if (winner is not null)
            return $"Yes: rent {Machines(winner)} and run {winner.Model} on it; {load} are served as fast as asked "
                + $"with {Sure(winner.Confidence)} confidence.";
        if (others.IsEmpty)
            return $"No: nothing on offer serves {load} as asked; the reasons are listed.";
        var cheapest = others[0];
        return $"No: {scenario.MaximumMonthly} per month is not enough for {load}; the cheapest that serves them is "
            + $"{Machines(cheapest)} at {Significant.Three(cheapest.CostPerMonthUsd.Value)} USD per month.";
    }

    public static ImmutableArray<string> Reasons(Scenario scenario, Candidate? winner, ImmutableArray<Candidate> others)
    {
        if (winner is null)
            return [];
        var reasons = new List<string>
        {
            $"It is the cheapest of the candidates that meet the objectives with {scenario.Objectives.Confidence * 100:0} % confidence.",
            $"It carries {Significant.Three(winner.MaximumRequestsPerSecond)} requests per second; what binds first is the {winner.BindingConstraint}.",
        };
        if (!others.IsEmpty)
            reasons.Add(RunnerUp(winner, others[0]));
        return [.. reasons];
    }

    /// <summary>Nothing predicted is certain, so the upper end is open.</summary>
    private static string Sure(double confidence) => confidence > 0.99 ? "more than 99 %" : $"{confidence * 100:0} %";

    private static string RunnerUp(Candidate winner, Candidate second)
    {
        var difference = second.CostPerMonthUsd.Value - winner.CostPerMonthUsd.Value;
        var share = difference / winner.CostPerMonthUsd.Value;
        var faster = winner.EndToEndSeconds.Value / second.EndToEndSeconds.Value;
        var speed =
            faster > 1.05 ? $" and answers {Significant.Three(faster)} times as fast"
            : faster < 0.95 ? $" and answers in {Significant.Three(1 / faster)} times the time"
            : "";
        return $"Runner-up: {second.Model} {second.WeightFormat} on {second.Hardware} ({second.Offer}) costs "
            + $"{Significant.Three(difference)} USD per month more ({share * 100:0} %){speed}.";
    }

    private static string Machines(Candidate candidate) =>
        candidate.Machines == 1
            ? $"one machine with {candidate.Hardware} ({candidate.Offer})"
            : $"{candidate.Machines} machines, in all {candidate.Hardware} ({candidate.Offer})";
}
