using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What the plan rests on, what it left out, and what it takes to make it again.</summary>
internal static class BasisSection
{
    private const int MostOfAKind = 12;

    public static ReportSection? Of(Plan plan)
    {
        var blocks = ImmutableArray.CreateBuilder<Block>();
        var assumptions = Wording.Sentences(plan.Assumptions);
        if (!assumptions.IsEmpty)
            blocks.Add(new Block.Bullets("Assumptions", assumptions));
        var sources = Sources(plan);
        if (!sources.IsEmpty)
            blocks.Add(new Block.Bullets("Sources of the prices", sources));
        if (LeftOut(plan) is { } leftOut)
            blocks.Add(leftOut);
        if (plan.Record is { } record)
            blocks.Add(
                new Block.Paragraph(
                    $"Made by Loadline {Wording.Name(record.Version)} from figures of {Wording.Name(record.CatalogDate)}, seed {record.Seed}, for {Wording.Name(record.Start)}. The JSON answer holds all it was made from; given back to loadline plan, it makes the same plan.",
                    IsQuiet: true
                )
            );
        if (plan.CandidatesConsidered > 0)
            blocks.Add(
                new Block.Paragraph(
                    $"{Figures.Exact(plan.CandidatesConsidered)} combinations of deployment and offer were considered.",
                    IsQuiet: true
                )
            );
        return blocks.Count == 0
            ? null
            : new ReportSection("basis", Finding(plan, plan.Assumptions.OrNone().Length), blocks.ToImmutable());
    }

    private static string Finding(Plan plan, int assumptions)
    {
        var prices = plan.Record is { } record
            ? $"prices from {Wording.Name(record.OldestPrice)} to {Wording.Name(record.NewestPrice)}"
            : "dated prices";
        return assumptions == 0
            ? $"This rests on {prices}"
            : $"This rests on {Wording.Count(assumptions, "assumption")} and {prices}";
    }

    private static ImmutableArray<string> Sources(Plan plan) =>
        Wording.Sentences([
            .. ShownOption
                .AllOf(plan)
                .Select(option => option.Candidate)
                .SelectMany(candidate =>
                    candidate.CostLines.OrNone().Select(line => $"{line.What}, {Wording.Where(candidate)}: {line.From}")
                )
                .Distinct(StringComparer.Ordinal),
        ]);

    private static Block.Folded? LeftOut(Plan plan)
    {
        var rejected = plan.Rejected.OrNone();
        if (rejected.IsEmpty)
            return null;
        return new Block.Folded(
            $"{Wording.Count(rejected.Length, "possibility")} left out, and why",
            [
                .. rejected
                    .GroupBy(rejection => rejection.Kind)
                    .Select(kind =>
                    {
                        var all = kind.ToList();
                        var shown = all.Take(MostOfAKind)
                            .Select(rejection =>
                                $"{Wording.Sentence(rejection.What)}: {Wording.Sentence(rejection.Why)}"
                            );
                        if (all.Count > MostOfAKind)
                            shown = shown.Append($"... and {all.Count - MostOfAKind:N0} more, in the JSON answer.");
                        return new Block.Bullets($"For {RejectionWords.Of(kind.Key)}", [.. shown]);
                    }),
            ]
        );
    }
}
