using System.Collections.Immutable;
using System.Text.Json;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What is different from an earlier answer of <c>plan --json</c>.</summary>
public static class PlanComparison
{
    /// <param name="file">Name of the earlier answer, for messages.</param>
    /// <param name="before">The earlier answer.</param>
    /// <param name="now">The present one.</param>
    /// <exception cref="BadContentException">It is no answer of <c>plan</c>.</exception>
    public static ImmutableArray<string> Of(string file, JsonElement before, Plan now)
    {
        Check(file, before);
        var verdict = before.GetProperty("verdict");
        var changes = new List<string>();
        var old = Of(before, "recommended");
        Compare("recommended", NameOf(old), now.Recommended is null ? null : OptionNames.Of(now.Recommended));
        Compare("terms", Text(old, "terms"), now.Recommended?.Terms);
        Compare("engine", Text(old, "engine"), now.Recommended?.Engine);
        Compare(
            "replicas",
            Text(old, "replicas"),
            now.Recommended?.Replicas.ToString(System.Globalization.CultureInfo.InvariantCulture)
        );
        CompareFigure("cost per month", "USD", Value(old, "costPerMonthUsd"), now.Recommended?.CostPerMonthUsd.Value);
        CompareFigure(
            "cost over the horizon",
            "USD",
            Value(old, "costOverHorizonUsd"),
            now.Recommended?.CostOverHorizonUsd.Value
        );
        CompareFigure("whole answer", "s", Value(old, "endToEndSeconds"), now.Recommended?.EndToEndSeconds?.Value);
        var demand = Of(before, "demand");
        CompareFigure(
            "peak",
            "requests/s",
            Value(demand, "peakRequestsPerSecond"),
            now.Demand.PeakRequestsPerSecond.Value
        );
        var record = Of(before, "record");
        Compare("date of the catalog", Text(record, "catalogDate"), now.Record?.CatalogDate);
        Compare("version", Text(record, "version"), now.Record?.Version);
        Compare("newest price", Text(record, "newestPrice"), now.Record?.NewestPrice);
        if (changes.Count == 0 && verdict.GetString() != now.Verdict)
            changes.Add($"verdict: it was: {verdict.GetString()}");
        return changes.Count == 0 ? ["Nothing that counts is different."] : [.. changes];

        void Compare(string what, string? one, string? other)
        {
            if (one != other)
                changes.Add($"{what}: {other ?? "none"}, was {one ?? "none"}");
        }

        void CompareFigure(string what, string unit, double? one, double? other)
        {
            const double Rounding = 0.001;
            if (one is null && other is null)
                return;
            if (one is { } left && other is { } right)
            {
                if (Math.Abs(right - left) > Rounding * Math.Abs(left))
                    changes.Add(
                        $"{what}: {Significant.Three(right)} {unit}, was {Significant.Three(left)}{(left > 0 ? $" ({(right / left - 1) * 100:+0;-0} %)" : "")}"
                    );
                return;
            }
            changes.Add($"{what}: {Known(other)}, was {Known(one)}");

            string Known(double? value) => value is { } figure ? $"{Significant.Three(figure)} {unit}" : "not known";
        }
    }

    /// <summary>Refuses what is no answer, before anything is planned.</summary>
    /// <exception cref="BadContentException">It is no answer of <c>plan</c>.</exception>
    public static void Check(string file, JsonElement before)
    {
        if (
            before.ValueKind != JsonValueKind.Object
            || !before.TryGetProperty("verdict", out var verdict)
            || verdict.ValueKind != JsonValueKind.String
        )
            throw new BadContentException(file, "$.verdict", "no text", "an answer of loadline plan --json");
    }

    private static JsonElement? Of(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    private static string? Text(JsonElement? parent, string name) =>
        parent is { } known
        && known.TryGetProperty(name, out var value)
        && value.ValueKind is JsonValueKind.String or JsonValueKind.Number
            ? value.ToString()
            : null;

    private static double? Value(JsonElement? parent, string name) =>
        parent is { } known
        && Of(known, name) is { } estimate
        && estimate.TryGetProperty("value", out var value)
        && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : null;

    private static string? NameOf(JsonElement? candidate)
    {
        if (candidate is null || Text(candidate, "model") is not { } model)
            return null;
        var way = Text(candidate, "way") ?? "rent";
        return way == "api"
            ? $"api: {OptionNames.ShortModel(model)} at {Text(candidate, "provider")}"
            : $"{way}: {OptionNames.ShortModel(model)} {Text(candidate, "weightFormat") ?? "?"} on {Text(candidate, "hardware") ?? "?"}";
    }
}
