using System.Globalization;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What a prompt costs by its parts, at a host, on machines, or both.</summary>
public sealed record PromptQuestion
{
    public required Model Model { get; init; }
    public required PromptParts Prompt { get; init; }
    public required double OutputTokens { get; init; }
    public required double RequestsPerMonth { get; init; }

    /// <summary>Host; null for none.</summary>
    public ApiOffer? Api { get; init; }

    /// <summary>Machine; null for none.</summary>
    public HardwareSpec? Hardware { get; init; }
    public string? Weights { get; init; }
}

/// <summary>Answers what a prompt costs with and without prefix caching.</summary>
public sealed class PromptQuestions(CatalogReader catalog)
{
    private const double HoursPerMonth = (double)Money.HoursPerMonth;
    private const double SecondsPerHour = 3600;

    public AdaptationAnswer Ask(PromptQuestion question)
    {
        var perMonth = Estimate.Exact(question.RequestsPerMonth, Evidence.Assumed);
        var machines = question.Hardware is { } hardware
            ? PromptCosts.OnMachines(
                catalog,
                question.Model,
                hardware,
                question.Weights,
                question.Prompt,
                question.OutputTokens
            )
            : null;
        var prompt = PromptCosts.Of(question.Prompt, question.OutputTokens, perMonth, question.Api, machines);
        var plain = OptionOf("prompt", prompt.Hosted?.CostPerMonthUsd ?? Rented(question, machines?.RequestsPerSecond));
        var cached = OptionOf(
            "prompt-cache",
            prompt.Hosted?.CachedCostPerMonthUsd ?? Rented(question, machines?.CachedRequestsPerSecond)
        );
        var best =
            !plain.Feasible ? null
            : cached.ServingCostPerMonthUsd!.Value.Value < plain.ServingCostPerMonthUsd!.Value.Value
            || question.Hardware is not null && question.Prompt.Static > 0
                ? cached
            : plain;
        return new AdaptationAnswer
        {
            Name = $"prompt of {question.Model.Id}",
            Model = question.Model.Id,
            Verdict = VerdictOf(best, plain, cached, machines, prompt.Hosted),
            Options = [plain, cached],
            Recommended = best?.Method,
            BreakEven = null,
            BreakEvenText = prompt.Hosted switch
            {
                { ReadsToPay: { } reads } =>
                    $"writing the cache has paid after {Significant.Three(reads)} reads within its lifetime",
                { } => "this host has no lower price for cached tokens, or the static part is too short for it",
                null => "nothing is paid for a cache on machines: it pays from the second request on",
            },
            Prompt = prompt,
            Assumptions =
            [
                .. question.Model.Assumptions,
                "Static text stands first in the prompt: the system prompt, then examples. The load is spread evenly.",
                .. question.Hardware is null
                    ? (string[])[]
                    : ["Machines are rented whole, for all hours of the month, at the median price on demand."],
            ],
        };
    }

    private AdaptationOption OptionOf(string method, Estimate? cost)
    {
        var norms = catalog.Adaptation.Find(method);
        return new AdaptationOption
        {
            Method = method,
            Name = norms.Name,
            Step = norms.Step,
            Feasible = cost is not null,
            Why = cost is null ? "the model does not fit there, or nobody rents that machine out" : "possible",
            CostUsd = Estimate.Exact(0),
            Hours = Estimate.Exact(0),
            ServingCostPerMonthUsd = cost,
            Quality = norms.Quality,
            Risks = norms.Risks,
        };
    }

    /// <summary>Whole machines for the mean load; null where it does not run or has no price.</summary>
    private Estimate? Rented(PromptQuestion question, Estimate? perSecond)
    {
        if (
            question.Hardware is not { } hardware
            || perSecond is not { } rate
            || new TrainingPrices(catalog).Of(hardware) is not { } price
        )
            return null;
        var load = question.RequestsPerMonth / (HoursPerMonth * SecondsPerHour);
        var month = price.PerHourUsd * HoursPerMonth;
        return new Estimate(
            month.Value * Math.Ceiling(load / rate.Value),
            month.Low * Math.Ceiling(load / rate.High),
            month.High * Math.Ceiling(load / rate.Low),
            Evidence.Assumed
        );
    }

    private static string VerdictOf(
        AdaptationOption? best,
        AdaptationOption plain,
        AdaptationOption cached,
        PromptOnMachines? machines,
        HostedPrompt? hosted
    )
    {
        if (best is null)
            return $"No: {plain.Why}.";
        var whole = Significant.Three(plain.ServingCostPerMonthUsd!.Value.Value);
        var less = Significant.Three(cached.ServingCostPerMonthUsd!.Value.Value);
        if (hosted is not null)
            return hosted.ReadShare is null
                ? $"The prompt costs {whole} USD a month at {hosted.Api}, which caches it at no lower price."
                : $"The prompt costs {whole} USD a month at {hosted.Api}; with its static part cached, {less} USD, where {hosted.HitShare.ToString("0 %", CultureInfo.InvariantCulture)} of the requests find it.";
        return $"Cached, the static part takes {new ByteSize(machines!.PrefixBytes)} once and one machine carries {Significant.Three(machines.CachedRequestsPerSecond.Value)} requests/s instead of {Significant.Three(machines.RequestsPerSecond.Value)}; {whole} USD a month becomes {less}.";
    }
}
