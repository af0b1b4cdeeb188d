using System.Security.Cryptography;
using System.Text;
using Loadline.Prediction;

namespace Loadline.Accuracy;

/// <summary>
/// Chooses figures for <c>measurements/inference.csv</c>: the same number of every source table, engine, accelerator,
/// model and format, dealt out quantity by quantity in the order of a hash of their ids. Nothing is predicted on the way.
/// </summary>
internal static class Sampler
{
    private const int FiguresOfGroup = 6;

    /// <summary>Figures of a group that rules leave out of the score: kept to show what the rules are worth.</summary>
    private const int LeftOutOfGroup = 1;

    public static IEnumerable<PublishedColumns> Choose(CsvTable published)
    {
        var chosen = InferenceScoring
            .Runs(published)
            .Select(run => (run.LeftOut, Stated: (PublishedColumns)run.Conditions.Stated))
            .Where(run => InferenceTerms.OfPublished(run.Stated.Metric) is not null)
            .Where(run => run.LeftOut is null || IsWorthShowing(run.Stated))
            .GroupBy(run => (run.LeftOut is null, GroupOf(run.Stated)))
            .SelectMany(group =>
                Deal(group.Select(run => run.Stated)).Take(group.Key.Item1 ? FiguresOfGroup : LeftOutOfGroup)
            )
            .Select(stated => stated.Id)
            .ToHashSet(StringComparer.Ordinal);
        return InferenceScoring
            .Runs(published)
            .Select(run => (PublishedColumns)run.Conditions.Stated)
            .Where(stated => chosen.Contains(stated.Id));
    }

    /// <summary>Rows that could be predicted although a rule leaves them out; repetitions of another row could not.</summary>
    private static bool IsWorthShowing(PublishedColumns stated) =>
        stated.Caution is not null || stated.Scenario == "server-spec-decode";

    private static string GroupOf(PublishedColumns stated) =>
        $"{stated.SourceTable}|{MeasuredEngines.Of(stated.Engine, stated.EngineVersion).Name}|{stated.Accelerator}|{stated.Model}|{stated.WeightFormat}";

    /// <summary>The first figure of every quantity, then the second of every quantity, and so on.</summary>
    private static IEnumerable<PublishedColumns> Deal(IEnumerable<PublishedColumns> group) =>
        group
            .GroupBy(stated => (stated.Scenario, InferenceTerms.OfPublished(stated.Metric)!.Name))
            .SelectMany(quantity =>
                quantity
                    .Select(stated => (Stated: stated, Hash: HashOf(stated.Id)))
                    .OrderBy(pair => pair.Hash, StringComparer.Ordinal)
                    .Select((pair, round) => (pair.Stated, pair.Hash, Round: round))
            )
            .OrderBy(dealt => dealt.Round)
            .ThenBy(dealt => dealt.Hash, StringComparer.Ordinal)
            .Select(dealt => dealt.Stated);

    private static string HashOf(string id) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
}
