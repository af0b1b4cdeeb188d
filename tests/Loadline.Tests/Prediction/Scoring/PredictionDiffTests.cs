using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>
/// Says which predictions a change moves: those of every sampled figure stand in measurements/predictions.csv. What is
/// right is not known here, docs/accuracy.md says how close they are. LOADLINE_UPDATE_GOLDEN=1 writes them anew.
/// </summary>
public sealed class PredictionDiffTests
{
    private const double Moved = 1e-3;

    private static readonly string Folder = Path.Combine(Repository.Root, "measurements");

    private static readonly string Golden = Path.Combine(Folder, "predictions.csv");

    [Fact]
    public void No_prediction_moves_unseen()
    {
        var now = Cases();
        if (Environment.GetEnvironmentVariable("LOADLINE_UPDATE_GOLDEN") == "1")
            File.WriteAllText(Golden, Write(now));

        var before = Read("predictions.csv").Rows.ToDictionary(row => row.Text("id"));
        var moved = now.Where(figure => !IsAsBefore(figure, before.GetValueOrDefault(figure.Id)))
            .Select(figure =>
                $"{figure.Id}: {Show(before.GetValueOrDefault(figure.Id))} -> {Show(figure.Predicted)}, measured {Text(figure.Measured)}"
            )
            .Concat(before.Keys.Except(now.Select(figure => figure.Id)).Select(id => $"{id}: no longer a figure"))
            .ToList();

        moved.ShouldBeEmpty($"{moved.Count} of {now.Length} predictions moved:\n{string.Join('\n', moved)}\n");
    }

    [Fact]
    public void Every_figure_is_scored_or_refused_with_a_reason()
    {
        var figures = Cases();

        figures.Length.ShouldBeGreaterThan(2_000);
        figures.Where(figure => figure.Predicted is null).ShouldAllBe(figure => !string.IsNullOrEmpty(figure.Refused));
        figures.Select(figure => figure.Id).ShouldBeUnique();
    }

    private static ImmutableArray<ScoredCase> Cases()
    {
        var catalog = new CatalogReader();
        return Validation.Of(Read("inference.csv"), catalog, new ModelSource(catalog), withCases: true).Cases!.Value;
    }

    private static CsvTable Read(string name)
    {
        using var text = File.OpenText(Path.Combine(Folder, name));
        return CsvTable.Read(name, text);
    }

    private static bool IsAsBefore(ScoredCase now, CsvRow? before) =>
        now.Predicted is { } estimate
            ? IsNear(estimate.Value, before?.Number("predicted"))
                && IsNear(estimate.Low, before?.Number("low"))
                && IsNear(estimate.High, before?.Number("high"))
            : before is not null && before["predicted"] is null;

    private static bool IsNear(double now, double? before) =>
        before is { } number && Math.Abs(now - number) <= Moved * Math.Abs(number);

    private static string Write(IEnumerable<ScoredCase> figures)
    {
        var text = new StringBuilder("id,predicted,low,high\n");
        foreach (var figure in figures)
            text.Append(figure.Id)
                .Append(',')
                .AppendJoin(
                    ',',
                    figure.Predicted is { } estimate
                        ? [Text(estimate.Value), Text(estimate.Low), Text(estimate.High)]
                        : ["", "", ""]
                )
                .Append('\n');
        return text.ToString();
    }

    private static string Show(CsvRow? row) =>
        row is null ? "not there"
        : row["predicted"] is { } value ? $"{value} ({row["low"]}-{row["high"]})"
        : "refused";

    private static string Show(Estimate? estimate) =>
        estimate is { } one ? $"{Text(one.Value)} ({Text(one.Low)}-{Text(one.High)})" : "refused";

    private static string Text(double number) => number.ToString("G5", CultureInfo.InvariantCulture);
}
