using System.Globalization;
using System.Text.Json.Nodes;
using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Calibrate;

/// <summary>Fits the constants of training, leaves out each source and model in turn, and writes the catalog file anew.</summary>
internal sealed class TrainingReport(CsvTable table, CatalogReader catalog, JsonObject document)
{
    private readonly TrainingConstants start = catalog.Training.All[0];

    /// <summary>The file with fitted values; errors inside and outside the fit go to a page.</summary>
    public JsonObject Write(TextWriter page)
    {
        var rows = TrainingRow.Read(table, catalog);
        var parameters = TrainingParameter.All(start);
        var fit = new TrainingFit(start, parameters);
        var constants = fit.Fit(rows);
        var inside = rows.ToDictionary(
            row => row,
            row => row.Error(constants),
            ReferenceEqualityComparer.Instance as IEqualityComparer<TrainingRow>
        );
        var outside = new Dictionary<TrainingRow, double>(
            ReferenceEqualityComparer.Instance as IEqualityComparer<TrainingRow>
        );
        foreach (var group in rows.GroupBy(row => row.Group).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var others = fit.Fit([.. rows.Where(row => row.Group != group.Key)]);
            foreach (var row in group)
                outside[row] = row.Error(others);
            page.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"left out {group.Key}: {group.Count()} rows, median {Median(group, inside):0.0%} inside, {Median(group, outside):0.0%} outside"
                )
            );
        }
        Place(constants, parameters, rows);
        var errors = (JsonObject)document["errors"]!;
        foreach (var isFull in new[] { true, false })
        {
            var own = rows.Where(row => row.TrainsAll == isFull).ToList();
            var (median, p90) = Score(own, inside);
            var (heldOut, heldOutP90) = Score(own, outside);
            var name = isFull ? "fullTime" : "adapterTime";
            page.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name}: {own.Select(row => row.Key).Distinct().Count()} setups, {own.Count} rows: median {median:0.0%}, p90 {p90:0.0%}; left out median {heldOut:0.0%}, p90 {heldOutP90:0.0%}"
                )
            );
            errors[name] = Entry(Setups(own, outside));
        }
        return document;
    }

    private void Place(
        TrainingConstants constants,
        IReadOnlyList<TrainingParameter> parameters,
        IReadOnlyList<TrainingRow> rows
    )
    {
        foreach (var (name, hardware) in constants.Hardware.Where(pair => pair.Key != "other"))
        {
            var entry = document["hardware"]![name]!;
            foreach (var (arithmetic, share) in hardware.Matrices)
                entry["matrices"]![arithmetic] = Round(share);
            foreach (var (kernels, share) in hardware.Attention)
                entry["attention"]![kernels] = Round(share);
            entry["setups"] = rows.Where(row => row.Generation == name).Select(row => row.Key).Distinct().Count();
        }
        foreach (var (name, framework) in constants.Frameworks)
        {
            var entry = document["frameworks"]![name]!;
            entry["elementwisePasses"] = Round(framework.ElementwisePasses);
            entry["hostPerLayer"] =
                $"{Round(framework.HostPerLayer.Seconds * 1e6).ToString(CultureInfo.InvariantCulture)} us";
        }
        document["expertShare"] = Round(constants.ExpertShare);
        document["castFactor"] = Round(constants.CastFactor);
        document["exposedTensor"] = Round(constants.ExposedTensor);
        document["exposedExpert"] = Round(constants.ExposedExpert);
        document["exposedShard"] = Round(constants.ExposedShard);
        document["exposedReduction"] = Round(constants.ExposedReduction);
        foreach (var (storage, share) in constants.Unpacking)
            document["unpacking"]![storage] = Round(share);
        _ = parameters;
    }

    private static double Median(IEnumerable<TrainingRow> rows, Dictionary<TrainingRow, double> errors) =>
        Sample.Median(rows.Select(row => Math.Abs(Math.Exp(errors[row]) - 1)));

    private static List<double> Setups(IEnumerable<TrainingRow> rows, Dictionary<TrainingRow, double> errors) =>
        [.. rows.GroupBy(row => row.Key).Select(group => Sample.Median(group.Select(row => Math.Abs(errors[row]))))];

    private static (double Median, double P90) Score(
        IEnumerable<TrainingRow> rows,
        Dictionary<TrainingRow, double> errors
    )
    {
        var each = rows.GroupBy(row => row.Key)
            .Select(group => Sample.Median(group.Select(row => Math.Abs(Math.Exp(errors[row]) - 1))))
            .ToList();
        return (Sample.Quantile(each, 0.5), Sample.Quantile(each, 0.9));
    }

    private static JsonObject Entry(List<double> logarithms) =>
        new() { ["factor"] = Round(Math.Exp(Sample.Quantile(logarithms, 0.9))), ["setups"] = logarithms.Count };

    private static double Round(double value) => double.Parse(Significant.Three(value), CultureInfo.InvariantCulture);
}
