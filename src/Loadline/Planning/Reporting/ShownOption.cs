using System.Collections.Immutable;

namespace Loadline.Planning;

/// <summary>A candidate as the report shows it: once, numbered, in the colour it has on the whole page.</summary>
/// <param name="Candidate">What it is.</param>
/// <param name="Number">From 1, the recommended one first.</param>
/// <param name="IsRecommended">True for the plan's choice.</param>
/// <param name="Look">Class of its colour.</param>
internal sealed record ShownOption(Candidate Candidate, int Number, bool IsRecommended, string Look)
{
    /// <summary>As many as a reader compares; the CSV and the JSON answer have all.</summary>
    private const int Most = 10;

    /// <summary>The recommended one, the alternatives, and what else no other beats.</summary>
    public static ImmutableArray<ShownOption> AllOf(Plan plan, int most = Most)
    {
        var candidates = plan.Alternatives.OrNone().Concat(plan.Pareto.OrNone());
        if (plan.Recommended is { } recommended)
            candidates = candidates.Prepend(recommended);
        // The front repeats alternatives; records that hold arrays are not equal, so what tells them apart is named.
        return
        [
            .. candidates
                .DistinctBy(candidate =>
                    (
                        (candidate.Way, candidate.Terms, candidate.Provider, candidate.Offer, candidate.Region),
                        (candidate.Model, candidate.WeightFormat, candidate.KvFormat, candidate.Engine),
                        (candidate.Hardware, candidate.Machines, candidate.Replicas, candidate.Parallelism)
                    )
                )
                .Take(most)
                .Select(
                    (candidate, index) =>
                    {
                        var isRecommended = index == 0 && plan.Recommended is not null;
                        return new ShownOption(candidate, index + 1, isRecommended, LookOf(candidate, plan));
                    }
                ),
        ];
    }

    /// <summary>The accent for the recommended way; another way has its own colour, a rival of the same way none.</summary>
    private static string LookOf(Candidate candidate, Plan plan) =>
        ReferenceEquals(candidate, plan.Recommended) ? "accent"
        : candidate.Way == plan.Recommended?.Way ? "muted"
        : LookOf(candidate.Way);

    public static string LookOf(Way way, Plan plan) => way == plan.Recommended?.Way ? "accent" : LookOf(way);

    private static string LookOf(Way way) =>
        way switch
        {
            Way.Api => "api",
            Way.Rent => "rent",
            Way.Buy => "buy",
            Way.Own => "own",
            _ => "hybrid",
        };
}
