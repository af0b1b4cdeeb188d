using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Cli.Rendering;

internal static class PredictPage
{
    private const int ShownOperators = 8;

    public static void Render(Page page, PredictAnswer answer)
    {
        var what = $"{answer.Model} in {answer.WeightFormat} on {answer.Hardware}";
        if (!answer.Feasible)
        {
            NoAnswer.Render(page, what, answer.Reason, answer.Nearest, answer.Assumptions);
            return;
        }

        page.Headline(
            $"{what}: {answer.OutputTokens:N0} tokens after {answer.PromptTokens:N0} take {Figures.Time(answer.EndToEndSeconds!.Value)}."
        );
        page.Line();
        page.Facts(
            ("First token", $"{Figures.Time(answer.TtftSeconds!.Value)}  time to first token, TTFT"),
            (
                "Each further",
                $"{Figures.Time(answer.TpotSeconds!.Value)}  time per output token, TPOT, the first excluded"
            ),
            ("Throughput", $"{Figures.Of(answer.OutputTokensPerSecond!.Value)} output tokens/s in all"),
            ("In flight", $"{Figures.Of(answer.Concurrency!.Value)} requests"),
            ("Waits for", $"{answer.Bound!.Value.ToString().ToLowerInvariant()}"),
            (
                "Cannot beat",
                $"{new Duration(answer.PhysicalLimitTpotSeconds!.Value)} per step, every byte read once and every operation at full rate"
            )
        );
        page.Table(
            ["One step", ">Times", ">Time", ">Share", "Waits for"],
            answer
                .Breakdown.Take(ShownOperators)
                .Select(item =>
                    (IReadOnlyList<string>)
                        [
                            item.Operator,
                            Figures.Exact(item.Count),
                            Figures.Time(item.Seconds),
                            $"{item.Share * 100:0} %",
                            item.Bound.ToString().ToLowerInvariant(),
                        ]
                )
        );
        page.List("Assumptions", answer.Assumptions);
        page.Line();
        page.Line(Figures.Legend);
    }
}
