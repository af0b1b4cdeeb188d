using System.Text.RegularExpressions;
using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Gathers the rows of a table into runs: one quantized model is one vote, whatever it was asked.</summary>
internal sealed partial class QualityRunReader(QualityConstants constants, ModelSource? models)
{
    private const string Collapse = "collapse";

    private readonly QualityRowReader rows = new(constants, models);

    /// <summary>True when the columns are those of quantized models beside unquantized ones.</summary>
    public static bool IsOne(CsvTable table) =>
        table.HasColumns("model", "format", "format_family", "metric", "relative_loss", "scorable");

    /// <exception cref="BadContentException">A field is wrong.</exception>
    public QualityRuns Read(CsvTable table)
    {
        var excluded = table
            .Rows.Where(row => row["scorable"] != "yes")
            .GroupBy(row => "not scorable: " + (row["why_not"]?.Split(';', ',')[0] ?? "no reason given"))
            .Select(group => new Exclusion(group.Key, group.Count()))
            .ToList();
        var runs = new List<QualityRun>();
        var averages = 0;
        foreach (var group in Groups(table.Rows.Where(row => row["scorable"] == "yes")))
        {
            var parts = group.Where(row => !IsAverage(row)).ToList();
            if (parts.Count == 0)
                parts = [.. group];
            averages += group.Count() - parts.Count;
            runs.Add(RunOf(group.Key.Quantity, parts, isCollapsed: false));
        }
        if (averages > 0)
            excluded.Add(new Exclusion("an average beside the tasks it is of", averages));
        runs.AddRange(
            Groups(table.Rows.Where(row => row["why_not"]?.Contains(Collapse, StringComparison.Ordinal) == true))
                .Select(group => RunOf(group.Key.Quantity, [.. group], isCollapsed: true))
        );
        return new QualityRuns(runs, excluded);
    }

    private static IEnumerable<IGrouping<(string?, string, QualityQuantity? Quantity), CsvRow>> Groups(
        IEnumerable<CsvRow> rows
    ) => rows.GroupBy(row => (row["source"], row["run"] ?? row["id"] ?? $"line {row.Line}", QuantityOf(row)));

    private static bool IsAverage(CsvRow row) => row.Number("n_tasks") is > 1;

    private QualityRun RunOf(QualityQuantity? quantity, List<CsvRow> parts, bool isCollapsed)
    {
        var first = parts[0];
        var (rounded, refused) = quantity is null ? (null, $"{first["metric"]} is not predicted") : Rounded(first);
        return new QualityRun
        {
            Id = first["run"] ?? first["id"] ?? $"line {first.Line}",
            Source = first["source"] ?? "",
            Model = first.Text("model"),
            BaseModel = Tuned().Replace(first.Text("model"), ""),
            Metric = first.Text("metric"),
            Quantity = quantity,
            Format = first.Text("format"),
            FormatFamily = first.Text("format_family"),
            Rounded = rounded,
            Refused = refused,
            Loss = isCollapsed ? 1 : parts.Average(LossOf),
            StandardError = ErrorOf(parts),
            Rows = parts.Count,
            IsCollapsed = isCollapsed,
        };
    }

    private (RoundedModel? Rounded, string? Refused) Rounded(CsvRow row)
    {
        try
        {
            return (rows.RoundedModelOf(row), null);
        }
        catch (UnknownNameException unknown)
        {
            return (null, $"{unknown.Kind} \"{unknown.Name}\" is not known");
        }
    }

    /// <summary>Null for what is not predicted.</summary>
    private static QualityQuantity? QuantityOf(CsvRow row) =>
        row.Text("metric") switch
        {
            "kld_mean" => QualityQuantity.KlDivergence,
            "perplexity" => QualityQuantity.PerplexityLoss,
            "task_score" or "recovery_percent" => QualityQuantity.TaskLoss,
            _ => null,
        };

    private static double LossOf(CsvRow row) =>
        row.Number("relative_loss") ?? throw row.Wrong("relative_loss", "empty", "the loss of a row that is scorable");

    /// <summary>Of a mean of independent tasks.</summary>
    private static double? ErrorOf(List<CsvRow> parts)
    {
        var errors = parts.Select(row => row.Number("relative_loss_se")).ToList();
        return errors.Any(error => error is null)
            ? null
            : Math.Sqrt(errors.Sum(error => error!.Value * error.Value)) / errors.Count;
    }

    [GeneratedRegex("-(?:instruct|chat|it)(?=$|-)", RegexOptions.IgnoreCase)]
    private static partial Regex Tuned();
}
