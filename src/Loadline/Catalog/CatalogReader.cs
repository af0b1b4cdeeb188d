using System.Diagnostics;

namespace Loadline.Catalog;

/// <summary>
/// What is known of accelerators, offers, engines, kernels and models: the figures built into the library, extended and
/// overridden by files of the same layout in a directory of the user's. Each kind is read when it is first asked for.
/// </summary>
public sealed class CatalogReader
{
    private readonly CatalogFiles files;
    private readonly Lazy<string> date;

    /// <param name="userDirectory">Laid out like the repository's <c>catalog</c>; need not exist.</param>
    public CatalogReader(string? userDirectory = null)
    {
        files = new CatalogFiles(userDirectory);
        date = new(ReadDate);
        Accelerators = new(
            files,
            new ShelfLayout("accelerator", "accelerators", "accelerators", layer => layer.Text("id")),
            CatalogJson.Default.Accelerator
        );
        Regions = new(
            files,
            new ShelfLayout("region", "regions.json", "regions", RegionId),
            CatalogJson.Default.Region
        );
        Offers = new(
            files,
            new ShelfLayout("offer", "offers", "offers", layer => layer.Text("id")),
            CatalogJson.Default.Offer,
            WithJurisdiction
        );
        Engines = new(
            files,
            new ShelfLayout("engine", "engines", List: null, layer => layer.Text("id")),
            CatalogJson.Default.Engine
        );
        Tasks = new(
            files,
            new ShelfLayout("task", "tasks.json", "tasks", layer => layer.Text("id")),
            CatalogJson.Default.TaskPreset
        );
        Apis = new(
            files,
            new ShelfLayout("hosted model", "apis", "apis", layer => layer.Text("id")),
            CatalogJson.Default.ApiOffer
        );
        Economics = new(
            files,
            new ShelfLayout("economic figure", "economics.json", "economics", layer => layer.Text("id")),
            CatalogJson.Default.EconomicFigure
        );
        DataClasses = new(
            files,
            new ShelfLayout("data class", "data-classes.json", "dataClasses", layer => layer.Text("id")),
            CatalogJson.Default.DataClass
        );
        Exports = new(
            files,
            new ShelfLayout("export targets", "exports.json", List: null, layer => layer.Text("id")),
            CatalogJson.Default.ExportTargets
        );
        Adaptation = new(
            files,
            new ShelfLayout("method", "adaptation.json", "adaptation", layer => layer.Text("id")),
            CatalogJson.Default.AdaptationNorms
        );
        TrainingTools = new(
            files,
            new ShelfLayout("training tool", "training-tools.json", "tools", layer => layer.Text("id")),
            CatalogJson.Default.TrainingTool
        );
        EndToEnd = new(
            files,
            new ShelfLayout("end-to-end constants", "end-to-end.json", "endToEnd", EndToEndId),
            CatalogJson.Default.EndToEndConstants
        );
        Intervals = new(
            files,
            new ShelfLayout("intervals", "intervals.json", "intervals", IntervalId),
            CatalogJson.Default.IntervalConstants
        );
        Quality = new(
            files,
            new ShelfLayout("quality constants", "quality.json", List: null, layer => layer.Text("id")),
            CatalogJson.Default.QualityConstants
        );
        MeasuredQuality = new(
            files,
            new ShelfLayout("measured quality", "measured-quality", "measuredQuality", MeasuredQualityId),
            CatalogJson.Default.MeasuredQuality
        );
        Training = new(
            files,
            new ShelfLayout("training constants", "training.json", List: null, layer => layer.Text("id")),
            CatalogJson.Default.TrainingConstants
        );
        Benchmarks = new(
            files,
            new ShelfLayout("benchmark", "benchmarks.json", "benchmarks", layer => layer.Text("id")),
            CatalogJson.Default.Benchmark
        );
        Capabilities = new(
            files,
            new ShelfLayout("capability", "capabilities.json", "capabilities", layer => layer.Text("id")),
            CatalogJson.Default.ModelCapability
        );
        Kernels = new(
            this,
            new(
                files,
                new ShelfLayout("kernel constants", "kernels", "kernels", KernelId),
                CatalogJson.Default.KernelConstants
            )
        );
        Models = new(files);
    }

    public CatalogShelf<Accelerator> Accelerators { get; }

    public CatalogShelf<Region> Regions { get; }

    public CatalogShelf<Offer> Offers { get; }

    public CatalogShelf<Engine> Engines { get; }

    public CatalogShelf<TaskPreset> Tasks { get; }

    /// <summary>Models that others serve by the token.</summary>
    public CatalogShelf<ApiOffer> Apis { get; }

    public CatalogShelf<EconomicFigure> Economics { get; }

    public CatalogShelf<DataClass> DataClasses { get; }

    /// <summary>What container platforms and schedulers call things; one entry.</summary>
    public CatalogShelf<ExportTargets> Exports { get; }

    /// <summary>Ways of adapting a model and what they need.</summary>
    public CatalogShelf<AdaptationNorms> Adaptation { get; }

    /// <summary>Programs that train, and the settings each version knows.</summary>
    public CatalogShelf<TrainingTool> TrainingTools { get; }

    public CatalogShelf<EndToEndConstants> EndToEnd { get; }

    /// <summary>How far off predictions of a kind were.</summary>
    public CatalogShelf<IntervalConstants> Intervals { get; }

    /// <summary>What quantization costs; one entry.</summary>
    public CatalogShelf<QualityConstants> Quality { get; }

    /// <summary>What the user measured quantization to cost; none is built in.</summary>
    public CatalogShelf<MeasuredQuality> MeasuredQuality { get; }

    /// <summary>What training attains; one entry.</summary>
    public CatalogShelf<TrainingConstants> Training { get; }

    public CatalogShelf<Benchmark> Benchmarks { get; }

    /// <summary>Published scores of models.</summary>
    public CatalogShelf<ModelCapability> Capabilities { get; }

    public KernelShelf Kernels { get; }

    public ModelShelf Models { get; }

    /// <summary>Day the built-in figures were last brought up to date, as year-month-day.</summary>
    public string Date => date.Value;

    private Offer WithJurisdiction(Offer offer) =>
        offer.Jurisdiction is null && offer.Region is { } region
            ? offer with
            {
                Jurisdiction = Regions.Get($"{offer.Provider}/{region}")?.Jurisdiction,
            }
            : offer;

    private string ReadDate() =>
        files.BuiltInFile("catalog.json")?.Root["date"]?.GetValue<string>()
        ?? throw new UnreachableException("The library is built with a catalog date, which a test reads.");

    private static string? RegionId(EntryLayer layer) =>
        layer.Text("provider") is { } provider && layer.Text("name") is { } name ? $"{provider}/{name}" : null;

    private static string? EndToEndId(EntryLayer layer) =>
        layer.Text("accelerator") is { } accelerator && layer.Text("engine") is { } engine
            ? EndToEndConstants.IdOf(accelerator, engine)
            : null;

    private static string? IntervalId(EntryLayer layer) =>
        Enum.TryParse<PredictedQuantity>(layer.Text("quantity"), ignoreCase: true, out var quantity)
        && layer.Flag("stated") is { } stated
            ? IntervalConstants.IdOf(quantity, layer.Text("engine"), layer.Flag("experts"), stated)
            : null;

    private static string? MeasuredQualityId(EntryLayer layer) =>
        layer.Text("model") is { } model && layer.Text("format") is { } format
            ? Catalog.MeasuredQuality.IdOf(model, format)
            : null;

    private static string? KernelId(EntryLayer layer) =>
        layer.Text("accelerator") is { } accelerator
            ? KernelConstants.IdOf(accelerator, layer.Text("class"), layer.Text("engine"))
            : null;
}
