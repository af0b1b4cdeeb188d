using System.Collections.Immutable;
using System.Globalization;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Decides how a model is adapted to what a scenario needs.</summary>
public sealed class AdaptationPlanner(CatalogReader catalog, Func<string, Model> models)
{
    /// <summary>Costs within this are alike: the lower step is taken.</summary>
    private const double Alike = 1.02;

    private const double DaysPerWeek = 7;
    private const double WorkdaysPerWeek = 5;

    /// <summary>Day that is counted from.</summary>
    public DateOnly? Start { get; init; }

    /// <exception cref="BadContentException">The scenario has no section <c>adaptation</c>.</exception>
    public AdaptationAnswer Decide(Scenario scenario)
    {
        var wish =
            scenario.Adaptation
            ?? throw new BadContentException(
                scenario.Name,
                "$.adaptation",
                "missing",
                $"what is needed, such as {{ need: style, examples: 2000 }}; need is {NeedNames.Expected}"
            );
        var ladder = new AdaptationLadder(catalog, models, scenario, wish);
        var money = new AdaptationMoney(catalog, scenario, wish);
        var options = WithBreakEvens(ladder.Options(), money);
        var best = Best(options);
        var prompt = BestPrompt(options);
        var trained = options.FirstOrDefault(option => option.Feasible && IsTrained(option));
        var even = trained is not null && prompt is not null ? money.BreakEven(trained, prompt) : null;
        return new AdaptationAnswer
        {
            Name = scenario.Name,
            Need = NeedNames.Of(wish.Need),
            Options = [.. options.Select(option => option == best ? option with { Why = WhyBest(option) } : option)],
            Recommended = best?.Method,
            BreakEven = even,
            BreakEvenText = EvenText(trained, prompt, even),
            ReadyOn = best is null ? null : ReadyOn(best, money),
            Verdict = VerdictOf(best, options, ReadyOn(best, money)),
            Prompt = PromptOf(scenario, wish, ladder.Cached),
            Reasons = [.. ReasonsOf(best, options, prompt)],
            Assumptions =
            [
                .. scenario.Assumptions,
                .. OwnAssumptions(scenario, wish, money),
                .. ladder.Assumptions.Distinct(),
            ],
            OpenQuestions = [.. QuestionsOf(wish)],
            Run = best is null ? null : ladder.Runs.GetValueOrDefault(best.Method),
        };
    }

    private static ImmutableArray<AdaptationOption> WithBreakEvens(
        ImmutableArray<AdaptationOption> options,
        AdaptationMoney money
    )
    {
        var told = ImmutableArray.CreateBuilder<AdaptationOption>();
        AdaptationOption? before = null;
        foreach (var option in options)
        {
            if (!option.Feasible)
            {
                told.Add(option);
                continue;
            }
            var even = before is null ? null : money.BreakEven(option, before);
            told.Add(
                option with
                {
                    BreakEvenRequestsPerMonth = even,
                    BreakEvenText = before is null ? null : EvenText(option, before, even),
                    Why = option.Why.Length > 0 ? option.Why : "possible",
                }
            );
            before = option;
        }
        return told.ToImmutable();
    }

    private static bool IsTrained(AdaptationOption option) => option.Step >= AdaptationNorms.FirstTrained;

    /// <summary>The cheapest over the horizon of what is possible; of alike ones the lower step.</summary>
    private static AdaptationOption? Best(ImmutableArray<AdaptationOption> options)
    {
        var possible = options.Where(option => option.CostOverHorizonUsd is not null).ToList();
        if (possible.Count == 0)
            return null;
        var least = possible.Min(option => option.CostOverHorizonUsd!.Value.Value);
        return possible.First(option => option.CostOverHorizonUsd!.Value.Value <= least * Alike);
    }

    private static AdaptationOption? BestPrompt(ImmutableArray<AdaptationOption> options) =>
        Best([.. options.Where(option => !IsTrained(option))]);

    private static string WhyBest(AdaptationOption option) =>
        option.Why.Length == 0 || option.Why == "possible"
            ? "it costs least over the horizon of what is not known to fall short"
            : option.Why;

    private static string? EvenText(AdaptationOption? option, AdaptationOption? before, Estimate? even) =>
        (option, before, even) switch
        {
            (null, _, _) => "nothing that is trained is possible here",
            (_, null, _) => null,
            ({ } one, { } other, null) =>
                $"{one.Name} never costs less than {other.Name}: a further request costs {Usd(one)} USD, not less than {Usd(other)}",
            ({ } one, { } other, { Value: <= 0 }) =>
                $"{one.Name} costs less than {other.Name} from the first request on",
            ({ } one, { } other, { } requests) =>
                $"{one.Name} costs less than {other.Name} from {Figures.Of(requests)} requests a month on",
        };

    private static string Usd(AdaptationOption option) => Significant.Three(option.MarginalCostPerRequestUsd ?? 0);

    private string? ReadyOn(AdaptationOption? option, AdaptationMoney money)
    {
        if (option is null || Start is not { } start)
            return null;
        var days = money.Days(catalog.Adaptation.Find(option.Method)).Value * DaysPerWeek / WorkdaysPerWeek;
        return start.AddDays((int)Math.Ceiling(days)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    private static string VerdictOf(AdaptationOption? best, ImmutableArray<AdaptationOption> options, string? day)
    {
        if (best is null)
            return $"No: nothing on the ladder is possible here; the nearest is {options.MaxBy(option => option.Quality is null ? -1 : option.Step)!.Name}: {options[^1].Why}.";
        var from = day is null ? "" : $", in use from about {day}";
        var monthly = Significant.Three(
            best.ServingCostPerMonthUsd!.Value.Value + best.RepeatCostPerMonthUsd!.Value.Value
        );
        var now = Significant.Three(best.OneOffUsd!.Value.Value);
        return IsTrained(best)
            ? $"Train: {best.Name} on {best.Hardware}; {now} USD now, most of it people and examples, then {monthly} USD a month{from}."
            : $"Train nothing: {best.Name}, {now} USD of work now, then {monthly} USD a month{from}.";
    }

    private static IEnumerable<string> ReasonsOf(
        AdaptationOption? best,
        ImmutableArray<AdaptationOption> options,
        AdaptationOption? prompt
    )
    {
        if (best is null)
            yield break;
        if (best.Quality is { } quality)
            yield return $"{quality.Finding} ({quality.Grade}: {quality.Source}).";
        foreach (var option in options)
        {
            if (option.Method == best.Method || option.CostOverHorizonUsd is not { } cost)
                continue;
            var more = cost.Value - best.CostOverHorizonUsd!.Value.Value;
            yield return $"{option.Name} costs {Significant.Three(Math.Abs(more))} USD {(more < 0 ? "less" : "more")} over the horizon{(option.Serving == best.Serving ? "" : $", served by {option.Serving}")}.";
        }
        if (!IsTrained(best) && prompt is not null)
            yield return "What is trained has to be served on machines of one's own, rented or bought: no hosted model of the catalog takes own adapters.";
    }

    private static IEnumerable<string> OwnAssumptions(Scenario scenario, AdaptationWish wish, AdaptationMoney money)
    {
        yield return $"Engineers cost {Figures.Of(money.PerDay)} USD a day{(wish.LabourPerDayUsd is null ? ", an operator's year over 220 days" : "")}.";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"Trained steps are repeated {wish.RetrainingsPerYear:0.##} times a year, each for a fifth of the first labour; a quarter of the system prompt is still sent, and no examples."
        );
        yield return "Embedding and searching passages is not priced.";
        yield return "Serving is planned by closed forms, not simulated, over the load of the scenario.";
        if (wish.Adapters > 1)
            yield return $"{Figures.Exact(wish.Adapters)} adapters share one base model: their memory is told; Punica reports 2 ms per token for serving several at once (arXiv 2310.18547), which is not added.";
        yield return $"Break-evens are over {scenario.Budget.HorizonMonths} months, where machines are full: below that whole machines decide.";
    }

    private static IEnumerable<string> QuestionsOf(AdaptationWish wish)
    {
        if (wish.FellShort.IsEmpty)
            yield return "How well does the prompt do on 200 to 500 cases of your own? (whoever knows good answers)";
        if (wish.Examples is null)
            yield return "How many good examples are there, and who may use them for training? (owner of the data)";
        if (wish.Need == AdaptationNeed.Reasoning && !wish.VerifiableReward)
            yield return "Can a program check the answers? (developers)";
    }

    private PromptEconomics? PromptOf(Scenario scenario, AdaptationWish wish, ServingCost? cached)
    {
        if (cached is null)
            return null;
        var demand = Demand.Of(scenario);
        var output = scenario.Workload.OutputTokens.Mean;
        var candidate = cached.Candidate;
        var machines = cached.Api is null
            ? PromptCosts.OnMachines(
                catalog,
                models(candidate.Model),
                new HardwareSpec(
                    HardwareSpec.Parse(candidate.Hardware, catalog).Accelerator,
                    candidate.Parallelism.Devices
                ),
                candidate.WeightFormat,
                wish.Prompt,
                output
            )
            : null;
        return PromptCosts.Of(wish.Prompt, output, demand.RequestsPerMonth, cached.Api, machines);
    }
}
