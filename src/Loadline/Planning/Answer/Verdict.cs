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
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{people.Value:N0} {(people.Value == 1 ? "person" : "people")}"
            )
            : $"{Significant.Three(demand.PeakRequestsPerSecond.Value)} requests per second";
        if (winner is not null)
            return Yes(context, winner, load);
        var known = others
            .Where(candidate => candidate.Capability.All(figure => figure.Minimum is null || figure.Score is not null))
            .ToList();
        if (known.Count == 0 && !others.IsEmpty)
            return $"No: of the models that could serve {load}, none has a published score for what is asked; the first of them, {OptionNames.Of(others[0])}, would have to be tested.";
        if (others.IsEmpty)
            return $"No: nothing on offer serves {load} as asked; {WhyNot(context)}.";
        var cheapest = others[0];
        return $"No: {LimitOf(context.Scenario)} is not enough for {load}; the cheapest that serves them, "
            + $"{OptionNames.Of(cheapest)}, costs {Significant.Three(cheapest.CostPerMonthUsd.Value)} USD a month"
            + (
                cheapest.CapitalUsd.Value > 0
                    ? $" and {Significant.Three(cheapest.CapitalUsd.Value)} USD at once."
                    : "."
            );
    }

    /// <summary>For somebody who knows the business and not the field: what to do, then what it costs.</summary>
    private static string Yes(PlanContext context, Candidate winner, string load)
    {
        var cost = $"{Significant.Three(winner.CostPerMonthUsd.Value)} USD a month";
        var model = OptionNames.ShortModel(winner.Model);
        if (winner.Way == Way.Api)
        {
            var speed =
                IsUnmeasured(winner) ? " Nobody has measured here how fast it answers: try it before you sign."
                : winner.Confidence is null
                    ? " Not all that is asked of it has been measured: try the rest before you sign."
                : "";
            return $"Yes: buy and rent nothing; {model} as {winner.Provider} hosts it serves {load} for {cost}.{speed}";
        }
        var machines = Count(winner.Machines);
        var hardware = HardwareOf(context, winner);
        var doing = winner.Way switch
        {
            Way.Rent => $"rent {machines} with {hardware} at {winner.Provider}",
            Way.Buy => $"buy {machines} with {hardware} for {Significant.Three(winner.CapitalUsd.Value)} USD",
            Way.Own =>
                $"{machines} of those that are there, with {hardware}, {(winner.Machines == 1 ? "suffices" : "suffice")}",
            _ => $"use machines with {hardware}: {winner.Terms}",
        };
        return $"Yes: {doing}. With {model} that serves {load} for {cost}, people who run it included.";
    }

    private static string Count(int machines) => machines == 1 ? "one machine" : $"{machines:N0} machines";

    /// <summary>"8 H100 SXM5 80GB each": the name it is sold under.</summary>
    private static string HardwareOf(PlanContext context, Candidate winner)
    {
        var parts = winner.Hardware.Split("x:", 2);
        var name = context.Catalog.Accelerators.Find(parts[^1]).Name;
        var each = winner.Machines > 0 ? int.Parse(parts[0], CultureInfo.InvariantCulture) / winner.Machines : 1;
        return $"{(each <= 1 ? "one" : $"{each}")} {name}{(winner.Machines > 1 ? " each" : "")}";
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
            CostsLeast(winner, others) is false
                ? $"Those that cost least over {scenario.Budget.HorizonMonths} months hardly differ, and costs are not known that well; of them it needs the least money at once."
            : winner.Confidence is { }
                ? $"Of all that meet the objectives with {scenario.Objectives.Confidence * 100:0} % confidence it costs least over {scenario.Budget.HorizonMonths} months."
            : $"It costs least over {scenario.Budget.HorizonMonths} months; {(IsUnmeasured(winner) ? "its latency is not measured" : "what is not measured of its latency")} {(IsUnmeasured(winner) ? "and so " : "")}neither speaks for nor against it.",
        };
        if (winner.MaximumRequestsPerSecond is { } most)
            reasons.Add(
                $"It carries {Significant.Three(most)} requests/s with that confidence where {Significant.Three(context.Found.Demand.PeakRequestsPerSecond.Value)} are asked; what binds is the {winner.BindingConstraint}."
            );
        else if (others.FirstOrDefault(other => other.Way is not (Way.Api or Way.Hybrid)) is { } machines)
            reasons.Add(
                $"The cheapest machines that serve the same, {OptionNames.Of(machines)}, cost {Significant.Three(machines.CostPerMonthUsd.Value)} USD a month with the people who run them."
            );
        if (!others.IsEmpty)
            reasons.Add($"The runner-up, {RunnerUp(winner, others[0])}.");
        return [.. reasons];
    }

    private static bool IsUnmeasured(Candidate candidate) =>
        candidate is { TtftSeconds: null, TpotSeconds: null, EndToEndSeconds: null };

    /// <summary>What came second, and by how much it lost.</summary>
    public static string RunnerUp(Candidate winner, Candidate second)
    {
        var difference = second.CostPerMonthUsd.Value - winner.CostPerMonthUsd.Value;
        var slower = second.EndToEndSeconds?.Value / winner.EndToEndSeconds?.Value;
        var isCheaper = second.CostOverHorizonUsd.Value < winner.CostOverHorizonUsd.Value;
        var cost =
            Math.Abs(difference) <= 0.005 * winner.CostPerMonthUsd.Value ? "costs the same"
            : difference < 0
                ? $"costs {Significant.Three(-difference)} USD a month less{(isCheaper ? "" : " today and more over the horizon")}"
            : $"costs {Significant.Three(difference)} USD a month more{(isCheaper ? " today and less over the horizon" : ShareOf(difference, winner.CostPerMonthUsd.Value))}";
        var atOnce = second.CapitalUsd.Value - winner.CapitalUsd.Value;
        if (isCheaper && atOnce > 0)
            cost +=
                $", but needs {Significant.Three(atOnce)} USD {(winner.CapitalUsd.Value > 0 ? "more " : "")}at once";
        const double Alike = 0.02;
        var wait =
            slower is { } times && Math.Abs(times - 1) > Alike
                ? $" and takes {Significant.Three(times)} times as long"
                : "";
        return $"{OptionNames.Of(second)}, {cost}{wait}";
    }

    /// <summary>Nothing where there is nothing to compare with: a machine of one's own may cost nothing.</summary>
    private static string ShareOf(double difference, double cost)
    {
        const double MostShare = 10;
        return cost <= 0 ? ""
            : difference / cost < MostShare ? $" ({difference / cost * 100:0} %)"
            : $" ({Significant.Three(1 + difference / cost)} times as much)";
    }

    /// <summary>False where another whose capability is known costs less, and was passed over for the money it needs at once.</summary>
    private static bool CostsLeast(Candidate winner, ImmutableArray<Candidate> others) =>
        !others.Any(other =>
            other.CostOverHorizonUsd.Value < winner.CostOverHorizonUsd.Value
            && other.CapitalUsd.Value > winner.CapitalUsd.Value
        );

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

    /// <summary>What a class of data forbids and a scenario leaves nothing beside; null where it does not.</summary>
    private static string? Contradiction(DeploymentRules rules)
    {
        if (rules.Data is not { } data || rules.Allow.Contains("buy") || rules.Current is not null)
            return null;
        var forbidden = rules.Allow.All(way =>
            (way == "api" ? data.Api : data.Rent) == Catalog.DataPlacement.Forbidden
        );
        return forbidden
            ? $"deployment.data {data.Id} forbids {string.Join(" and ", rules.Allow)}, and deployment.allow allows nothing else"
            : null;
    }

    /// <summary>What came nearest, or the one reason there is.</summary>
    private static string WhyNot(PlanContext context)
    {
        var search = context.Found.Search;
        if (Contradiction(context.Scenario.Deployment) is { } contradiction)
            return contradiction;
        // What met the objectives and was too much otherwise is nearer than what missed them.
        if (search.Rejected.FirstOrDefault(rejection => rejection.Kind == RejectionKind.Size) is { } tooMany)
            return tooMany.Why;
        if (search.Nearest is { } nearest)
            return $"nearest is {nearest.What}, whose {nearest.Miss.What} is {nearest.Miss.Found} where "
                + $"{nearest.Miss.Limit} is asked";
        if (
            search.Supplies.IsEmpty
            && search.Rejected.Find(rejection => rejection.Kind == RejectionKind.Price) is { } unpriced
        )
            return $"{unpriced.What}: {unpriced.Why}";
        var left = search.Rejected.Where(rejection => rejection.Kind != RejectionKind.Price).ToList();
        if (left.Count == 0)
            return $"{string.Join(", ", context.Scenario.Models.Candidates)} cannot be had by {string.Join(" or ", context.Scenario.Deployment.Allow)}";
        if (left.TrueForAll(rejection => rejection.Why == left[0].Why))
            return left[0].Why;
        // What is about the machines that may be had says more than where others lie.
        var first =
            left.Find(rejection => rejection.Kind is not (RejectionKind.Data or RejectionKind.Quality)) ?? left[0];
        return $"one of {left.Count:N0} reasons: {first.What}: {first.Why}";
    }
}
