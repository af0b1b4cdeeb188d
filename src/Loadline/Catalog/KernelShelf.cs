using System.Collections.Immutable;
using System.Text.Json;
using Loadline.Quantities;

namespace Loadline.Catalog;

/// <summary>How closely kernel constants belong to what was asked for, best first.</summary>
public enum KernelRung
{
    /// <summary>Fitted on this accelerator under this engine.</summary>
    OwnEngine,

    /// <summary>Fitted on this accelerator under another engine.</summary>
    OtherEngine,

    /// <summary>Fitted on another accelerator with the same chip.</summary>
    SameChip,

    /// <summary>Class constants, slowed down to whole runs of this engine on this accelerator.</summary>
    EndToEnd,

    /// <summary>Fitted for this engine on a class of hardware this accelerator belongs to.</summary>
    EngineClass,

    /// <summary>Medians over all hardware with measurements, applied to the datasheet.</summary>
    DatasheetOnly,
}

/// <summary>The constants to use, how they were found, and what stands in for formats they lack.</summary>
public sealed record KernelMatch(KernelConstants Constants, KernelRung Rung, KernelConstants DatasheetOnly)
{
    private const string Gguf = "GGUF";

    /// <summary>How much slower than its constants whole runs are, where no kernel was measured.</summary>
    public Slowdown Slowdown { get; init; } = Slowdown.None;

    /// <summary>Those runs, where they are of this accelerator and engine.</summary>
    public EndToEndConstants? Runs { get; init; }

    /// <summary>Constants of dense matrices in a weight format; the rung is lower when the format was not measured.</summary>
    public (MatrixConstants Constants, KernelRung Rung) Matrices(string weightFormat) =>
        Of(weightFormat, constants => constants.Matrices);

    /// <summary>Constants of expert matrices in a weight format.</summary>
    public (MatrixConstants Constants, KernelRung Rung) Experts(string weightFormat) =>
        Of(weightFormat, constants => constants.Experts);

    private (MatrixConstants, KernelRung) Of(
        string weightFormat,
        Func<KernelConstants, ImmutableDictionary<string, MatrixConstants>> table
    )
    {
        // A GGUF type may have constants of its own, which its class of hardware then has beside those of all the others.
        if (table(Constants).TryGetValue(weightFormat, out var own))
            return (own, Rung);
        // Whatever is no format name of its own is one of the GGUF types, which share their kernels.
        var format = table(DatasheetOnly).ContainsKey(weightFormat) ? weightFormat : Gguf;
        return table(Constants).TryGetValue(format, out var constants)
            ? (constants, Rung)
            : (table(DatasheetOnly)[format], KernelRung.DatasheetOnly);
    }
}

/// <summary>Kernel constants, found by a ladder from the very accelerator and engine down to class medians.</summary>
public sealed class KernelShelf : CatalogShelf
{
    /// <summary>Accelerator name of the constants that hold for hardware without measurements.</summary>
    public const string DatasheetOnly = "datasheet-only";

    /// <summary>The medians are over this vendor's cards, so they need no such correction for the others of it.</summary>
    internal const string VendorOfMedians = "NVIDIA";

    private readonly CatalogReader catalog;
    private readonly CatalogShelf<KernelConstants> shelf;

    internal KernelShelf(CatalogReader catalog, CatalogShelf<KernelConstants> shelf)
    {
        this.catalog = catalog;
        this.shelf = shelf;
    }

    public IReadOnlyList<KernelConstants> All => shelf.All;

    public override IReadOnlyList<CatalogItem> Items => shelf.Items;

    public override JsonElement Show(string name) => shelf.Show(name);

    public KernelMatch For(string acceleratorName, string engineName) =>
        For(catalog.Accelerators.Find(acceleratorName), catalog.Engines.Find(engineName));

    public KernelMatch For(Accelerator accelerator, Engine engine) => For(accelerator, engine, engine.Rules[^1]);

    /// <summary>The constants of the version of the engine that the rules are of.</summary>
    public KernelMatch For(Accelerator accelerator, Engine engine, EngineRules rules)
    {
        var newest = engine.KernelsOf ?? engine.Id;
        var ofVersion = rules.Kernels ?? newest;
        var kernels = ofVersion;
        // Versions with kernels of their own have them on some hardware only; elsewhere they ran those of today.
        if (Get(accelerator.Id, null, kernels) is null && Get(DatasheetOnly, accelerator.Class, kernels) is null)
            kernels = newest;
        var match = Nearest(accelerator, kernels);
        if (match.Rung < KernelRung.EngineClass)
            return match;
        if (
            (RunsOf(accelerator.Id, ofVersion, newest) ?? RunsOf(accelerator.SameChipAs, ofVersion, newest)) is { } runs
        )
            return match with { Rung = KernelRung.EndToEnd, Slowdown = SlowdownOn(accelerator, runs), Runs = runs };
        return accelerator.Vendor == VendorOfMedians ? match : match with { Slowdown = OfKind(accelerator, newest) };
    }

    /// <summary>
    /// The slowdown of runs on one accelerator carried over to another. Chips that are held back by their power attain a
    /// smaller share of the datasheet's rate: where the best matrix multiplication was measured on both, its share is known.
    /// </summary>
    private Slowdown SlowdownOn(Accelerator accelerator, EndToEndConstants runs)
    {
        var slowdown = runs.Slowdown;
        return
            catalog.Accelerators.Get(runs.Accelerator) is { AttainedBf16: { } there }
            && accelerator.AttainedBf16 is { } here
            ? slowdown with
            {
                Compute = Math.Max(1, slowdown.Compute * there / here),
            }
            : slowdown;
    }

    private EndToEndConstants? RunsOf(string? accelerator, string ofVersion, string newest) =>
        accelerator is null
            ? null
            : catalog.EndToEnd.Get(EndToEndConstants.IdOf(accelerator, ofVersion))
                ?? catalog.EndToEnd.Get(EndToEndConstants.IdOf(accelerator, newest));

    /// <summary>
    /// Runs of the same engine on the accelerator of the vendor and class that is nearest in age; else the median of all,
    /// since those of one accelerator under another engine say too little of their kind.
    /// </summary>
    private Slowdown OfKind(Accelerator accelerator, string newest)
    {
        var kin = catalog
            .EndToEnd.All.Where(runs =>
                catalog.Accelerators.Get(runs.Accelerator) is { } other
                && other.Vendor == accelerator.Vendor
                && other.Class == accelerator.Class
            )
            .ToList();
        if (
            kin.Where(runs => runs.Engine == newest).DefaultIfEmpty().MinBy(runs => YearsBetween(accelerator, runs)) is
            { } nearest
        )
            return SlowdownOn(accelerator, nearest);
        return kin.Select(runs => runs.Accelerator).Distinct(StringComparer.Ordinal).Count() < 2
            ? Slowdown.None
            : new Slowdown(Median(kin, runs => runs.MemorySlowdown), Median(kin, runs => runs.ComputeSlowdown))
            {
                PerLayer = new Duration(Sample.Median(kin.Select(runs => runs.LayerOverhead.Seconds))),
            };
    }

    private int YearsBetween(Accelerator accelerator, EndToEndConstants? runs) =>
        runs is not null && catalog.Accelerators.Get(runs.Accelerator)?.Year is { } year && accelerator.Year is { } own
            ? Math.Abs(year - own)
            : int.MaxValue;

    private static double Median(IEnumerable<EndToEndConstants> kin, Func<EndToEndConstants, double> factor) =>
        Math.Exp(Sample.Median(kin.Select(runs => Math.Log(factor(runs)))));

    private KernelMatch Nearest(Accelerator accelerator, string kernels)
    {
        var median = shelf.Get(DatasheetOnly)!;
        KernelMatch Match(KernelConstants constants, KernelRung rung) => new(constants, rung, median);

        if (Own(accelerator.Id, kernels) is { } own)
            return Match(own, KernelRung.OwnEngine);
        // An engine with constants by class has kernels of its own kind, which no other engine's stand in for.
        if (Get(DatasheetOnly, accelerator.Class, kernels) is { } byClass)
            return Match(byClass, KernelRung.EngineClass);
        if (Any(accelerator.Id) is { } other)
            return Match(other, KernelRung.OtherEngine);
        if (accelerator.SameChipAs is { } chip && (Own(chip, kernels) ?? Any(chip)) is { } same)
            return Match(same, KernelRung.SameChip);

        return Match(median, KernelRung.DatasheetOnly);
    }

    private KernelConstants? Own(string accelerator, string engine) =>
        Get(accelerator, null, engine) ?? Get(accelerator, null, null);

    private KernelConstants? Get(string accelerator, HardwareClass? hardwareClass, string? engine) =>
        shelf.Get(KernelConstants.IdOf(accelerator, hardwareClass?.ToString(), engine));

    private KernelConstants? Any(string accelerator)
    {
        var id = shelf.Ids.FirstOrDefault(id => id.StartsWith(accelerator + '/', StringComparison.OrdinalIgnoreCase));
        return id is null ? null : shelf.Get(id);
    }
}
