using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What engineers and examples cost, and what an option sums to over the horizon.</summary>
internal sealed class AdaptationMoney(CatalogReader catalog, Scenario scenario, AdaptationWish wish)
{
    /// <summary>Days an engineer works in a year: 52 weeks of 5 less leave and holidays.</summary>
    private const double WorkingDays = 220;

    /// <summary>Share of the first labour that training again takes: data and evaluation are there. A norm of ours.</summary>
    private const double RepeatShare = 0.2;

    /// <summary>USD for a day.</summary>
    public Estimate PerDay
    {
        get
        {
            if (wish.LabourPerDayUsd is { } given)
                return new(given.Base, given.Low, given.High, Evidence.Assumed);
            var figure = catalog.Economics.Find("ops-fte-cost-usd");
            return new Estimate(figure.Typical!.Value, figure.Low!.Value, figure.High!.Value, Evidence.Assumed)
                * (1 / WorkingDays);
        }
    }

    public Estimate Days(AdaptationNorms norms) =>
        wish.LabourDays is { } given
            ? new(given.Base, given.Low, given.High, Evidence.Assumed)
            : new(norms.LabourDays.Typical, norms.LabourDays.Low, norms.LabourDays.High, Evidence.Assumed);

    public Estimate Labour(AdaptationNorms norms) => AdaptationLadder.Times(Days(norms), PerDay);

    /// <summary>How many examples are planned with, and what those that are missing cost.</summary>
    public ExamplesPlan ExamplesFor(AdaptationNorms norms)
    {
        var isPreference = norms.Id is "dpo" or "kto" or "orpo" or "reward";
        var what =
            isPreference ? "pairs of answers"
            : norms.VerifiableReward ? "prompts with a check"
            : "examples";
        if (norms.ExamplesLeast is not { } least)
            return new ExamplesPlan(0, 0, Estimate.Exact(0), what);
        var there = (isPreference ? wish.PreferencePairs : wish.Examples) ?? 0;
        var planned = there >= least ? there : norms.ExamplesUsual ?? least;
        // A prompt holds a few of the examples, however many there are.
        if (norms.Step < AdaptationNorms.FirstTrained)
            planned = norms.ExamplesUsual ?? least;
        var missing = Math.Max(0, planned - there);
        var each =
            wish.CostPerExampleUsd is { } given ? new Estimate(given.Base, given.Low, given.High, Evidence.Assumed)
            : norms.CostPerExampleUsd is { } usual
                ? new Estimate(usual.Typical, usual.Low, usual.High, Evidence.Assumed)
            : Estimate.Exact(0);
        return new ExamplesPlan(planned, missing, each * missing, what);
    }

    /// <summary>What the option costs at once, repeatedly and over the horizon.</summary>
    public AdaptationOption Summed(AdaptationOption option, bool isTrained)
    {
        if (!option.Feasible || option.ServingCostPerMonthUsd is not { } serving)
            return option;
        var labour = option.LabourUsd ?? Estimate.Exact(0);
        var run = option.CostUsd ?? Estimate.Exact(0);
        var now = run + labour + (option.DataUsd ?? Estimate.Exact(0));
        var repeat = isTrained
            ? (run + labour * RepeatShare) * (wish.RetrainingsPerYear / CostFactors.MonthsPerYear)
            : Estimate.Exact(0);
        return option with
        {
            OneOffUsd = now,
            RepeatCostPerMonthUsd = repeat,
            CostOverHorizonUsd = now + (serving + repeat) * scenario.Budget.HorizonMonths,
        };
    }

    /// <summary>
    /// Requests per month from which one option costs less over the horizon than another: what it costs more at once and
    /// for repeating, over what it saves on a request. Null where a request is not cheaper.
    /// </summary>
    public Estimate? BreakEven(AdaptationOption option, AdaptationOption before)
    {
        var months = scenario.Budget.HorizonMonths;
        var saved = before.MarginalCostPerRequestUsd - option.MarginalCostPerRequestUsd;
        if (saved is not > 0)
            return null;
        return new Estimate(
            Requests(estimate => estimate.Value, estimate => estimate.Value),
            Requests(estimate => estimate.Low, estimate => estimate.High),
            Requests(estimate => estimate.High, estimate => estimate.Low),
            Evidence.Assumed
        );

        double Requests(Func<Estimate, double> more, Func<Estimate, double> less) =>
            Math.Max(
                0,
                more(option.OneOffUsd!.Value)
                    - less(before.OneOffUsd!.Value)
                    + months * (more(option.RepeatCostPerMonthUsd!.Value) - less(before.RepeatCostPerMonthUsd!.Value))
            ) / (months * saved.Value);
    }
}

/// <summary>Examples of a plan.</summary>
/// <param name="Planned">In all.</param>
/// <param name="Missing">Still to be made.</param>
/// <param name="MissingUsd">What that costs.</param>
/// <param name="What">Examples, pairs or prompts.</param>
internal sealed record ExamplesPlan(long Planned, long Missing, Estimate MissingUsd, string What);
