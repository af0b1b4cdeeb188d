using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>All that is known about one option, field by field; what is not known has no row.</summary>
internal static class OptionDetails
{
    public static Block Of(ShownOption option)
    {
        var rows = new List<ImmutableArray<Cell>>();
        var candidate = option.Candidate;
        Add("Model", Wording.Name(candidate.Model));
        Add(
            "Offer",
            $"{Wording.Name(candidate.Offer)}, {Wording.Where(candidate)}, price of {Wording.Name(candidate.PriceAsOf)}"
        );
        Add("Set-up", SetUp(candidate));
        Add("What limits it", Wording.Sentence(candidate.BindingConstraint));
        if (candidate.MaximumRequestsPerSecond is { } most)
            Add("Carries", $"{Significant.Three(most)} requests/s at peak");
        if (candidate.RequestsInFlight is { } flight)
            Add("In flight", $"{Figures.Of(flight)} requests in the busiest hour");
        if (candidate.SimulatedRequests is { } simulated)
            Add("Waits are of", $"{Figures.Exact(simulated)} simulated requests");
        Add("First words", Figures.Time(candidate.TtftSeconds));
        Add("Each further token", Figures.Time(candidate.TpotSeconds));
        Add("Per million tokens", $"{Figures.Of(candidate.CostPerMillionTokensUsd)} USD");
        Add("Per request", $"{Figures.Of(candidate.CostPerRequestUsd)} USD");
        Add("Over the horizon", $"{Figures.Of(candidate.CostOverHorizonUsd)} USD");
        if (candidate.PowerKilowatts is { } power)
            Add("Power", $"{Significant.Three(power)} kW at full load, with cooling");
        if (candidate.LeadTimeWeeks is { } weeks)
            Add("From order to use", $"{weeks.Base:0.#} weeks ({weeks.Low:0.#}-{weeks.High:0.#})");
        foreach (var line in candidate.CostLines.OrNone())
            Add(Wording.Name(line.What), $"{Figures.Of(line.PerMonthUsd)} USD/month, {Wording.Sentence(line.From)}");
        foreach (var score in candidate.Capability.OrNone())
            Add(Wording.Name(score.Benchmark), Score(score));
        foreach (var condition in Wording.Sentences(candidate.Conditions))
            Add("Before signing", condition);
        return new Block.Table(
            $"{option.Number}. {Wording.Option(candidate)}, {Wording.Terms(candidate)}",
            ["What", "How"],
            [.. rows]
        );

        void Add(string what, string how) => rows.Add([what, how]);
    }

    private static string SetUp(Candidate candidate)
    {
        if (candidate.Way == Way.Api)
            return "run by the provider, who does not say how";
        var spare = candidate.SpareReplicas > 0 ? $", {candidate.SpareReplicas} of them spare" : "";
        var degrees = candidate.Parallelism;
        List<string> split = [];
        if (degrees.Tensor > 1)
            split.Add($"tensor parallel {degrees.Tensor}");
        if (degrees.Pipeline > 1)
            split.Add($"pipeline parallel {degrees.Pipeline}");
        if (degrees.Expert > 1)
            split.Add($"expert parallel {degrees.Expert}");
        if (degrees.Data > 1)
            split.Add($"data parallel {degrees.Data}");
        var how = split.Count == 0 ? "" : $", {string.Join(", ", split)}";
        return $"{Wording.Count(candidate.Replicas, "replica")}{spare} on {Wording.Count(candidate.Machines, "machine")}{how}; "
            + $"engine {Known(candidate.Engine)}, weights {Known(candidate.WeightFormat)}, cache {Known(candidate.KvFormat)}";
    }

    private static string Known(string? text) => text is null ? "not known" : Wording.Name(text);

    private static string Score(CapabilityFigure score)
    {
        var found = score.Score is { } known
            ? $"{Significant.Three(known)} %{(score.StandardError is { } error ? $" +- {Significant.Three(error)}" : "")}"
            : "no score is published";
        var variant = score.Variant is { } name ? $" {Wording.Name(name)}" : "";
        return score.Minimum is { } least
            ? $"{found}{variant}, at least {Significant.Three(least)} % is asked"
            : found + variant;
    }
}
