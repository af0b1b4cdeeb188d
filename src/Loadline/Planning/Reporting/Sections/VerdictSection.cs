using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What a reader takes away: cost and waits with their ranges, why, and what is still open.</summary>
internal static class VerdictSection
{
    private const int MostReasons = 3;

    public static ReportSection Of(Plan plan)
    {
        var blocks = ImmutableArray.CreateBuilder<Block>();
        if (plan.Recommended is { } winner)
            blocks.Add(new Block.KeyFigures(KeyFigures(plan, winner)));
        blocks.Add(new Block.Paragraph($"How a figure is known: {Figures.Legend}.", IsQuiet: true));
        var reasons = Wording.Sentences(plan.Reasons);
        Add("Why this one", [.. reasons.Take(MostReasons)], isOrdered: true);
        Add("What would have to give", Wording.Sentences(plan.Relaxations), isOrdered: false);
        if (OpenQuestions(plan) is { } questions)
            blocks.Add(questions);
        Add("Also", [.. reasons.Skip(MostReasons)], isOrdered: false);
        return new ReportSection("verdict", "", blocks.ToImmutable());

        void Add(string title, ImmutableArray<string> items, bool isOrdered)
        {
            if (!items.IsEmpty)
                blocks.Add(new Block.Bullets(title, items, isOrdered));
        }
    }

    private static ImmutableArray<KeyFigure> KeyFigures(Plan plan, Candidate winner)
    {
        var figures = new List<KeyFigure>
        {
            Key("Cost per month", Figures.Written(winner.CostPerMonthUsd, 1, " USD"), Wording.Terms(winner)),
        };
        if (winner.CapitalUsd.Value > 0)
            figures.Add(Key("Paid at once", Figures.Written(winner.CapitalUsd, 1, " USD"), ""));
        figures.Add(Wait("Wait for the first words", winner.TtftSeconds, plan.Percentiles.Ttft));
        figures.Add(Wait("Wait for a whole answer", winner.EndToEndSeconds, plan.Percentiles.EndToEnd));
        figures.Add(
            new KeyFigure(
                "How sure",
                Figures.Probability(winner.Confidence),
                winner.Confidence is null ? "a wait was not measured" : "that the waits stay within their limits"
            )
        );
        return [.. figures];
    }

    private static KeyFigure Wait(string name, Estimate? seconds, double probability) =>
        seconds is { } known
            ? Key(name, Figures.WrittenTime(known), $"or less, for {probability * 100:0.##} of 100 requests")
            : new KeyFigure(name, "not measured", "ask the provider, or measure it");

    private static KeyFigure Key(string name, WrittenEstimate written, string about)
    {
        var range = written.Range.Length == 0 ? $"{written.Mark}" : $"({written.Range}) {written.Mark}";
        return new KeyFigure(name, written.Value, about.Length == 0 ? range : $"{range} {about}");
    }

    /// <summary>"How many? (whoever owns it)": the question, and who answers it.</summary>
    private static Block.Table? OpenQuestions(Plan plan)
    {
        var questions = Wording.Sentences(plan.OpenQuestions);
        if (questions.IsEmpty)
            return null;
        return new Block.Table(
            questions.Length == 1 ? "One question is still open" : $"{questions.Length} questions are still open",
            ["Question", "Who answers it"],
            [
                .. questions.Select(question =>
                {
                    var from = question.LastIndexOf('(');
                    return from > 0 && question.EndsWith(')')
                        ? (ImmutableArray<Cell>)[question[..from].Trim(), question[(from + 1)..^1].Trim()]
                        : [question, "not named"];
                }),
            ]
        );
    }
}
