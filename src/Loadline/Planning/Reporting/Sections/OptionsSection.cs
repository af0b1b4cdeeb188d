using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>The options side by side.</summary>
internal static class OptionsSection
{
    public static ReportSection? Of(Plan plan)
    {
        var options = ShownOption.AllOf(plan);
        if (options.IsEmpty)
            return null;
        var blocks = ImmutableArray.CreateBuilder<Block>();
        blocks.Add(Table(plan, options));
        if (OptionsChart.Of(plan, options) is { } chart)
            blocks.Add(new Block.Picture(chart));
        blocks.Add(
            new Block.Folded(
                options.Length == 1
                    ? "How it is set up, and what it rests on"
                    : "How each is set up, and what it rests on",
                [.. options.Select(OptionDetails.Of)]
            )
        );
        return new ReportSection("options", Finding(plan, options), blocks.ToImmutable());
    }

    private static string Finding(Plan plan, ImmutableArray<ShownOption> options)
    {
        if (plan.Recommended is not { } winner)
            return options.Length == 1
                ? "One option comes near, and does not meet everything"
                : $"{options.Length} options come near, and none meets everything";
        var others = options.Where(option => !option.IsRecommended).ToList();
        if (others.Count == 0)
            return "One option meets what is asked";
        var next = others.MinBy(option => option.Candidate.CostPerMonthUsd.Value)!.Candidate;
        var more = next.CostPerMonthUsd.Value - winner.CostPerMonthUsd.Value;
        // Closer than rounding: the same half per cent as on the terminal.
        const double TheSame = 0.005;
        if (Math.Abs(more) <= TheSame * winner.CostPerMonthUsd.Value)
            return $"{Wording.OptionAndWay(next)}, would cost the same{(next.QualityLoss?.Value > winner.QualityLoss?.Value ? ", but lose some quality" : "")}";
        return more > 0
            ? $"The next best, {Wording.OptionAndWay(next)}, costs {Significant.Three(more)} USD/month more"
            : $"{Wording.OptionAndWay(next)}, would cost {Significant.Three(-more)} USD/month less{WhyNot(next, winner)}";
    }

    private static string WhyNot(Candidate cheaper, Candidate winner) =>
        cheaper.EndToEndSeconds is null ? ", but nobody measured how long people wait for it"
        : cheaper.CapitalUsd.Value > winner.CapitalUsd.Value
            ? $", but takes {Significant.Three(cheaper.CapitalUsd.Value)} USD at once"
        : ", but is not recommended";

    private static Block.Table Table(Plan plan, ImmutableArray<ShownOption> options)
    {
        var hasCapital = options.Any(option => option.Candidate.CapitalUsd.Value > 0);
        List<string> headings = ["Option", ">USD/month"];
        if (hasCapital)
            headings.Add(">Paid at once, USD");
        headings.AddRange([
            $">Whole answer, {Wording.Percentile(plan.Percentiles.EndToEnd)}",
            ">Loss of score",
            ">Sure",
        ]);
        return new Block.Table(
            options.Length == 1 ? "The option" : "The options side by side",
            [.. headings],
            [.. options.Select(option => Row(option, hasCapital))]
        );
    }

    private static ImmutableArray<Cell> Row(ShownOption option, bool hasCapital)
    {
        var candidate = option.Candidate;
        var name = $"{option.Number}. {Wording.Option(candidate)}{(option.IsRecommended ? " (recommended)" : "")}";
        List<Cell> cells =
        [
            new(name, $"{Wording.Terms(candidate)}: {Wording.Name(candidate.Hardware)}, {Wording.Where(candidate)}"),
            Cell.Of(candidate.CostPerMonthUsd),
        ];
        if (hasCapital)
            cells.Add(candidate.CapitalUsd.Value > 0 ? Cell.Of(candidate.CapitalUsd) : "0");
        cells.Add(Cell.OfTime(candidate.EndToEndSeconds));
        cells.Add(Cell.Of(candidate.QualityLoss, 0.01, " %"));
        cells.Add(Figures.Probability(candidate.Confidence));
        return [.. cells];
    }
}
