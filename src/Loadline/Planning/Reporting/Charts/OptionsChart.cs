using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Cost against the wait for a whole answer, with the line that nothing on offer passes.</summary>
internal static class OptionsChart
{
    private const double Radius = 6;

    /// <summary>What costs more times the cheapest than this decides nothing and would press the others together.</summary>
    private const double DearestDrawn = 5;

    public static Chart? Of(Plan plan, ImmutableArray<ShownOption> options)
    {
        var priced = options
            .Where(option => double.IsFinite(option.Candidate.CostPerMonthUsd.Value))
            .ToImmutableArray();
        var cheapest = priced.Select(option => option.Candidate.CostPerMonthUsd.Value).DefaultIfEmpty(0).Min();
        var drawn = priced
            .Where(option =>
                option.IsRecommended
                || cheapest <= 0
                || option.Candidate.CostPerMonthUsd.Value <= DearestDrawn * cheapest
            )
            .ToImmutableArray();
        var timed = drawn.Where(option => IsTimed(option.Candidate)).ToImmutableArray();
        if (timed.IsEmpty || drawn.Length < 2)
            return null;
        var picture = new OptionsPicture(drawn, timed, plan.Objectives?.EndToEndSeconds);
        return new Chart
        {
            Id = "options-chart",
            Title = Finding(timed),
            Description =
                $"Each option as a point: its monthly cost to the right, the time until 95 or so of 100 answers are complete upwards. {Wording.Count(timed.Length, "option")} of {drawn.Length} have a time.",
            Note = Note(drawn, options.Length - drawn.Length),
            Draw = picture.Draw,
            Values = Values(drawn, plan),
        };
    }

    public static bool IsTimed(Candidate candidate) =>
        candidate.EndToEndSeconds is { } time && double.IsFinite(time.Value) && time.Value >= 0;

    private static string Finding(ImmutableArray<ShownOption> timed)
    {
        var fastest = timed.MinBy(option => option.Candidate.EndToEndSeconds!.Value.Value)!;
        return fastest.IsRecommended
            ? "No option answers faster than the recommended one"
            : $"Paying {Significant.Three(fastest.Candidate.CostPerMonthUsd.Value)} USD/month would bring the whole answer within {new Duration(fastest.Candidate.EndToEndSeconds!.Value.Value)}";
    }

    private static string Note(ImmutableArray<ShownOption> drawn, int dearer)
    {
        var note =
            "Cheaper is further left, faster further down; thin lines are 90 % ranges, numbers those of the table.";
        if (dearer > 0)
            note +=
                $" {Wording.Count(dearer, "option")} of more than {DearestDrawn:0} times the lowest cost are in the table alone.";
        if (drawn.Any(option => option.Candidate.CapitalUsd.Value > 0))
            note += " Squares have to be paid for before the first request.";
        if (drawn.Any(option => option.Candidate.QualityLoss is { Value: > 0 }))
            note += " Hollow marks lose some quality to a narrower number format.";
        return note + " The grey steps join what nothing else beats in cost and time.";
    }

    private static Block.Table Values(ImmutableArray<ShownOption> drawn, Plan plan) =>
        new(
            $"Cost and whole answer at {Wording.Percentile(plan.Percentiles.EndToEnd)}",
            ["Option", ">USD/month", ">Paid at once, USD", ">Whole answer", ">Loss of score"],
            [
                .. drawn.Select(option =>
                    (ImmutableArray<Cell>)
                        [
                            $"{option.Number}. {Wording.OptionAndWay(option.Candidate)}",
                            Cell.Of(option.Candidate.CostPerMonthUsd),
                            Cell.Of(option.Candidate.CapitalUsd),
                            Cell.OfTime(option.Candidate.EndToEndSeconds),
                            Cell.Of(option.Candidate.QualityLoss, 0.01, " %"),
                        ]
                ),
            ]
        );

    /// <summary>A square for what is paid before use, hollow for what loses quality.</summary>
    public static void Mark(Canvas canvas, double x, double y, ShownOption option)
    {
        var look = $"{(option.Candidate.QualityLoss is { Value: > 0 } ? "hollow" : "dot")} {option.Look}";
        var radius = option.IsRecommended ? Radius + 1.5 : Radius;
        if (option.Candidate.CapitalUsd.Value > 0)
            canvas.Rectangle(x - radius, y - radius, 2 * radius, 2 * radius, look);
        else
            canvas.Circle(x, y, radius, look);
    }
}
