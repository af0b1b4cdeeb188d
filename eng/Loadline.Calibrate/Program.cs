using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loadline.Calibrate;
using Loadline.Catalog;
using Loadline.Prediction;

// Loadline.Calibrate MEASUREMENTS.csv > catalog/end-to-end.json; what was fitted and left out goes to standard error.
// Loadline.Calibrate intervals MEASUREMENTS.csv > catalog/intervals.json
// Loadline.Calibrate training TRAINING.csv catalog/training.json > new file; held-out errors go to standard error.
// Loadline.Calibrate quality LOSSES.csv > catalog/quality.json; the score on models left out goes to standard error.
if (args[0] == "intervals")
{
    using var runs = File.OpenText(args[1]);
    Console.WriteLine(
        new IntervalFit(CsvTable.Read(Path.GetFileName(args[1]), runs))
            .Document()
            .ToJsonString(new JsonSerializerOptions { WriteIndented = true })
    );
    return;
}
if (args[0] == "quality")
{
    using var losses = File.OpenText(args[1]);
    var report = new QualityReport(CsvTable.Read(Path.GetFileName(args[1]), losses));
    QualityScorePage.Write(Console.Error, report.LeaveOneOut());
    Console.WriteLine(report.Document().ToJsonString(QualityReport.Layout));
    return;
}
if (args[0] == "training")
{
    using var runs = File.OpenText(args[1]);
    var file = (JsonObject)JsonNode.Parse(File.ReadAllText(args[2]))!;
    var training = new TrainingReport(CsvTable.Read(Path.GetFileName(args[1]), runs), new CatalogReader(), file);
    Console.WriteLine(training.Write(Console.Error).ToJsonString(QualityReport.Layout));
    return;
}
using var text = File.OpenText(args[0]);
var results = new EndToEndFit(CsvTable.Read(Path.GetFileName(args[0]), text)).Results();
foreach (var result in results.OrderBy(result => result.Accelerator, StringComparer.Ordinal))
    Console.Error.WriteLine(
        string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Accelerator}/{result.Engine}: memory x{result.Slowdown.Memory:0.00}, compute x{result.Slowdown.Compute:0.00}, {result.Slowdown.PerLayer.Seconds * 1e6:0} us a layer, {result.Slowdown.PerTransfer.Seconds * 1e3:0} ms a transfer, {result.Models} models, {result.Runs} runs, error {Math.Exp(result.ErrorBefore) - 1:0.0%} before, {Math.Exp(result.ErrorLeftOut) - 1:0.0%} on models left out, interval x{result.IntervalFactor:0.00}, {(result.IsKept ? "kept" : result.IsConfirmed ? $"class constants confirmed, interval x{result.IntervalBefore:0.00}" : "not kept")}"
        )
    );
Console.Write(
    EndToEndFit.Document(
        results
            .Where(result => result.Entry is not null)
            .OrderBy(result => result.Accelerator, StringComparer.Ordinal)
            .ThenBy(result => result.Engine, StringComparer.Ordinal)
            .Select(result =>
                EndToEndFit.Entry(
                    result.Accelerator,
                    result.Engine,
                    result.Entry!.Value.Slowdown,
                    result.Entry.Value.Interval,
                    result.Models,
                    result.Runs,
                    result.Sources,
                    result.Dates
                )
            )
    )
);
