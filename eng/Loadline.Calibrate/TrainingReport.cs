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
        Place(constants, rows);
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
        Reinforcement(page, constants);
        Memory(page);
        return document;
    }

    /// <summary>The factor that makes the median error of reinforcement steps nothing; the same without each model.</summary>
    private void Reinforcement(TextWriter page, TrainingConstants fitted)
    {
        var columns = new TrainingColumns(catalog, new ModelSource(catalog));
        var rollouts = new RolloutColumns(catalog);
        var unit = fitted with { ReinforcementFactor = 1 };
        var steps = Primary()
            .Where(row => row["metric"] == "rl_step_s")
            .Select(row =>
                (
                    Key: row["setup"] ?? "",
                    Model: row["model"] ?? "",
                    Error: Math.Log(rollouts.Step(row, columns.SetupOf(row, unit)).Step.Value / row.AboveZero("value"))
                )
            )
            .ToList();
        var offset = Offset(steps.Select(step => (step.Key, step.Error)));
        document["reinforcementFactor"] = Round(Math.Exp(-offset));
        var inside = steps.Select(step => (step.Key, step.Error - offset)).ToList();
        var outside = steps
            .GroupBy(step => step.Model)
            .SelectMany(group =>
            {
                var others = Offset(
                    steps.Where(step => step.Model != group.Key).Select(step => (step.Key, step.Error))
                );
                return group.Select(step => (step.Key, step.Error - others));
            })
            .ToList();
        Enter(page, "rlStep", inside, outside);
    }

    /// <summary>Memory has no fitted constant, so its errors are those of rows it has not seen.</summary>
    private void Memory(TextWriter page)
    {
        var columns = new TrainingColumns(catalog, new ModelSource(catalog));
        foreach (var (name, quantity) in new[] { ("memory", "peak memory"), ("allocated", "mean allocated memory") })
        {
            var errors = Primary()
                .Where(row => row["metric"] != "fits" && TrainingQuantity.NameOf(row) == quantity)
                .Select(row =>
                    (
                        $"{row["setup"]}|{row["metric"]}",
                        Math.Log(TrainingQuantity.Predict(row, columns.SetupOf(row)).Value / row.AboveZero("value"))
                    )
                )
                .ToList();
            Enter(page, name, errors, errors);
        }
    }

    private IEnumerable<CsvRow> Primary() =>
        table.Rows.Where(row => row["scorable"] == "yes" && row["primary"] == "yes");

    /// <summary>Median over setups of the median logarithm of each.</summary>
    private static double Offset(IEnumerable<(string Key, double Error)> rows) =>
        Sample.Median(rows.GroupBy(row => row.Key).Select(group => Sample.Median(group.Select(row => row.Error))));

    private void Enter(
        TextWriter page,
        string name,
        List<(string Key, double Error)> inside,
        List<(string Key, double Error)> outside
    )
    {
        document["errors"]![name] = Entry(Each(outside));
        var shares = Each(inside).Select(error => Math.Exp(error) - 1).ToList();
        var others = Each(outside).Select(error => Math.Exp(error) - 1).ToList();
        page.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: {shares.Count} setups, {inside.Count} rows: median {Sample.Median(shares):0.0%}, p90 {Sample.Quantile(shares, 0.9):0.0%}; left out median {Sample.Median(others):0.0%}, p90 {Sample.Quantile(others, 0.9):0.0%}"
            )
        );

        static List<double> Each(List<(string Key, double Error)> rows) =>
            [.. rows.GroupBy(row => row.Key).Select(group => Sample.Median(group.Select(row => Math.Abs(row.Error))))];
    }

    private void Place(TrainingConstants constants, IReadOnlyList<TrainingRow> rows)
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
        document["expertHalfWidth"] = Round(constants.ExpertHalfWidth);
        document["castFactor"] = Round(constants.CastFactor);
        document["exposedTensor"] = Round(constants.ExposedTensor);
        document["exposedExpert"] = Round(constants.ExposedExpert);
        document["exposedShard"] = Round(constants.ExposedShard);
        document["exposedReduction"] = Round(constants.ExposedReduction);
        foreach (var (storage, share) in constants.Unpacking)
            document["unpacking"]![storage] = Round(share);
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
