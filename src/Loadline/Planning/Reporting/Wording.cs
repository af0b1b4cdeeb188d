using System.Collections.Immutable;
using System.Globalization;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>How the report names things, and how much of what others wrote it takes.</summary>
internal static class Wording
{
    /// <summary>Longest name, and longest sentence, that is shown whole: a page has an end.</summary>
    private const int LongestName = 60;
    private const int LongestSentence = 500;

    /// <summary>Most lines of a list that is not ours; the JSON answer has them all.</summary>
    private const int MostLines = 40;

    /// <summary>An array that a reader of JSON may have left without a value.</summary>
    public static ImmutableArray<T> OrNone<T>(this ImmutableArray<T> items) => items.IsDefault ? [] : items;

    public static string Name(string? text) => Cut(text ?? "", LongestName);

    public static string Sentence(string? text) => Cut(text ?? "", LongestSentence);

    public static ImmutableArray<string> Sentences(ImmutableArray<string> lines)
    {
        var all = lines.OrNone();
        var shown = all.Take(MostLines).Select(Sentence);
        return all.Length <= MostLines
            ? [.. shown]
            : [.. shown, $"... and {all.Length - MostLines:N0} more, in the JSON answer."];
    }

    /// <summary>"Qwen3-32B fp8", and the format of the cache where it is narrower than the usual 16 bits.</summary>
    public static string Option(Candidate candidate)
    {
        var model = Name(OptionNames.ShortModel(candidate.Model));
        var weights = candidate.WeightFormat is { } format ? $" {Name(format)}" : "";
        var cache = candidate.KvFormat is { } narrow and not ("bf16" or "fp16") ? $", {Name(narrow)} cache" : "";
        return model + weights + cache;
    }

    /// <summary>"Qwen3-32B fp8, bought".</summary>
    public static string OptionAndWay(Candidate candidate) => $"{Option(candidate)}, {Past(candidate.Way)}";

    /// <summary>"rented, on demand".</summary>
    public static string Terms(Candidate candidate) =>
        candidate.Way == Way.Api ? $"{Past(candidate.Way)}, {Name(candidate.Terms)}"
        : candidate.Terms.Length == 0 ? Past(candidate.Way)
        : $"{Past(candidate.Way)}, {Name(candidate.Terms)}";

    public static string Where(Candidate candidate) =>
        candidate.Region is { } region and not "global"
            ? $"{Name(candidate.Provider)} {Name(region)}"
            : Name(candidate.Provider);

    /// <summary>"Renting", as the subject of a sentence.</summary>
    public static string Doing(Way way) =>
        way switch
        {
            Way.Api => "A hosted API",
            Way.Rent => "Renting",
            Way.Buy => "Buying",
            Way.Own => "Using own machines",
            _ => "Mixing own and rented machines",
        };

    /// <summary>One or two words for a label.</summary>
    public static string Short(Way way) =>
        way switch
        {
            Way.Api => "hosted API",
            Way.Rent => "rent",
            Way.Buy => "buy",
            Way.Own => "own",
            _ => "mix",
        };

    /// <summary>"rented", for what was said of an option.</summary>
    public static string Past(Way way) =>
        way switch
        {
            Way.Api => "hosted by others",
            Way.Rent => "rented",
            Way.Buy => "bought",
            Way.Own => "own machines",
            _ => "own and rented",
        };

    public static string Percentile(double probability) => $"p{probability * 100:0.##}";

    /// <summary>"1 replica", "2 replicas".</summary>
    public static string Count(long count, string one) =>
        count == 1 ? $"1 {one}" : $"{Figures.Exact(count)} {(one.EndsWith('y') ? one[..^1] + "ies" : one + "s")}";

    /// <summary>"2027-03", so many months after a year and month; null where that cannot be read.</summary>
    public static string? MonthAfter(string? start, int months) =>
        start is { Length: >= 7 }
        && DateOnly.TryParseExact(
            start[..7],
            "yyyy-MM",
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out var first
        )
        && months is >= 0 and < 1200
        && first.Year < 9000
            ? first.AddMonths(months).ToString("yyyy-MM", CultureInfo.InvariantCulture)
            : null;

    private static string Cut(string text, int most)
    {
        if (text.Length <= most)
            return text;
        // Half of a pair of surrogates is no character.
        var end = char.IsHighSurrogate(text[most - 1]) ? most - 1 : most;
        return $"{text[..end].TrimEnd()}…";
    }
}
