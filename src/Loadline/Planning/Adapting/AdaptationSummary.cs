using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>The decision of <c>adapt</c>, as a plan shows it beside its roadmap.</summary>
/// <param name="Recommended">Method; null where none is possible.</param>
/// <param name="Verdict">In words.</param>
/// <param name="OneOffUsd">USD now; null where none is possible.</param>
/// <param name="ServingCostPerMonthUsd">USD, with the prompt that this method leaves.</param>
/// <param name="ReadyOn">Day it can be in use, as year-month-day.</param>
/// <param name="BreakEven">Requests per month from which training costs less than the best prompt; null for never.</param>
/// <param name="BreakEvenText">The same in words.</param>
public sealed record AdaptationSummary(
    string? Recommended,
    string Verdict,
    Estimate? OneOffUsd,
    Estimate? ServingCostPerMonthUsd,
    string? ReadyOn,
    Estimate? BreakEven,
    string? BreakEvenText
)
{
    public static AdaptationSummary Of(AdaptationAnswer answer)
    {
        var best = answer.Options.FirstOrDefault(option => option.Method == answer.Recommended);
        return new(
            answer.Recommended,
            answer.Verdict,
            best?.OneOffUsd,
            best?.ServingCostPerMonthUsd,
            answer.ReadyOn,
            answer.BreakEven,
            answer.BreakEvenText
        );
    }
}
