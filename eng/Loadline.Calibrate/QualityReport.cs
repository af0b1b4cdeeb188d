using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loadline.Catalog;
using Loadline.Planning;
using Loadline.Prediction;

namespace Loadline.Calibrate;

/// <summary>The constants of quality from a table of quantized models, and how well they do on models left out.</summary>
internal sealed class QualityReport
{
    private readonly CatalogReader catalog = new();
    private readonly string file;
    private readonly QualityRuns read;
    private readonly QualityConstants given;
    private readonly Dictionary<string, QualityConstants> without;
    private readonly List<LeftOut> leftOut;

    public QualityReport(CsvTable table)
    {
        file = table.File;
        given = catalog.Quality.All[0];
        read = new QualityRunReader(given, new ModelSource(catalog)).Read(table);
        without = read
            .Runs.Select(run => run.BaseModel)
            .Distinct()
            .ToDictionary(
                model => model,
                model => new QualityFit(given, read.Runs.Where(run => run.BaseModel != model)).Constants()
            );
        leftOut =
        [
            .. read
                .Runs.Where(run => run is { Rounded: not null, Quantity: not null, IsCollapsed: false } && Knows(run))
                .Select(run => new LeftOut(
                    run,
                    new QualityLoss(without[run.BaseModel]).Of(run.Quantity!.Value, run.Rounded!).Value
                )),
        ];
    }

    /// <summary>The catalog's file: formats as they stand, constants fitted to all models, errors of models left out.</summary>
    public JsonObject Document()
    {
        var fitted = new QualityFit(given, read.Runs).Constants();
        var document = JsonNode.Parse(catalog.Quality.Show(given.Id).GetRawText())!.AsObject();
        document.Insert(0, "$schema", "schemas/quality.schema.json");
        document["sizeExponent"] = QualityErrors.Rounded(fitted.SizeExponent);
        document["activationDivergence"] = QualityErrors.Rounded(fitted.ActivationDivergence);
        document["importanceFactor"] = QualityErrors.Rounded(fitted.ImportanceFactor);
        document["taskLossPerNat"] = QualityErrors.Rounded(fitted.TaskLossPerNat);
        document["families"] = FamiliesOf(fitted);
        document["divergenceError"] = ErrorOf(QualityQuantity.KlDivergence, leftOut);
        document["perplexityError"] = ErrorOf(QualityQuantity.PerplexityLoss, leftOut);
        document["taskError"] = ErrorOf(QualityQuantity.TaskLoss, leftOut);
        var behind = read.Runs.Where(run => run is { Rounded: not null, IsCollapsed: false }).ToList();
        document["source"] = string.Create(
            CultureInfo.InvariantCulture,
            $"own fit to published losses of {behind.Select(run => (run.Source, run.Id)).Distinct().Count()} quantized models of {behind.Select(run => run.BaseModel).Distinct().Count()} base models"
        );
        document["retrieved"] = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return document;
    }

    /// <summary>The score with the constants and the intervals of all base models but the one that is predicted.</summary>
    public ValidationAnswer LeaveOneOut()
    {
        var losses = without.ToDictionary(pair => pair.Key, pair => new QualityLoss(WithErrors(pair.Key, pair.Value)));
        return QualityScoring.Score(file, read, run => Knows(run) ? losses[run.BaseModel] : null, withCases: false);
    }

    private QualityConstants WithErrors(string model, QualityConstants constants)
    {
        var others = leftOut.Where(one => one.Run.BaseModel != model).ToList();
        return constants with
        {
            DivergenceError = QualityErrors.Of(QualityQuantity.KlDivergence, others),
            PerplexityError = QualityErrors.Of(QualityQuantity.PerplexityLoss, others),
            TaskError = QualityErrors.Of(QualityQuantity.TaskLoss, others),
        };
    }

    /// <summary>False where no other base model was rounded in this way.</summary>
    private bool Knows(QualityRun run) =>
        run.Rounded is null || QualityFit.FamiliesOf(run.Rounded).All(without[run.BaseModel].Families.ContainsKey);

    private static JsonObject ErrorOf(QualityQuantity quantity, List<LeftOut> runs)
    {
        var error = QualityErrors.Of(quantity, runs);
        return new JsonObject
        {
            ["factor80"] = error.Factor80,
            ["floor80"] = error.Floor80,
            ["factor90"] = error.Factor90,
            ["floor90"] = error.Floor90,
            ["models"] = error.Models,
        };
    }

    private JsonObject FamiliesOf(QualityConstants fitted)
    {
        var families = new JsonObject();
        foreach (var (name, family) in fitted.Families.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            families[name] = FamilyOf(family.DivergenceAtFourBits, family.Runs, family.Models);
        families["nf4"] = StandIn(fitted, "nf4", GaussianError.Nf4() / GaussianError.Int4());
        families["mxfp4"] = StandIn(fitted, "mxfp4", GaussianError.Mxfp4() / GaussianError.Int4());
        return families;
    }

    /// <summary>
    /// As much more or less than integers in groups, rounded to the nearest, as its errors on normally distributed weights are.
    /// </summary>
    private JsonObject StandIn(QualityConstants fitted, string name, double ratio)
    {
        const double PowerPerBit = 4;
        var beside = fitted.Families[QualityFamilies.GroupNearest].DivergenceAtFourBits;
        var bits = given.Weights[name].Bits - given.Weights["int4"].Bits;
        var family = FamilyOf(beside * ratio * Math.Pow(PowerPerBit, bits), 0, 0);
        family["notes"] = string.Create(
            CultureInfo.InvariantCulture,
            $"no losses published: {ratio:0.00} of the error power of int4-rtn on normally distributed weights"
        );
        return family;
    }

    private static JsonObject FamilyOf(double divergence, int runs, int models) =>
        new()
        {
            ["divergenceAtFourBits"] = QualityErrors.Rounded(divergence),
            ["runs"] = runs,
            ["models"] = models,
        };

    public static JsonSerializerOptions Layout { get; } = new() { WriteIndented = true };
}
