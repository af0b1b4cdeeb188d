using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Calibrate;

/// <summary>The constants of one accelerator under one engine, and how well they foretell models left out.</summary>
internal sealed record EndToEndResult(
    string Accelerator,
    string Engine,
    Slowdown Slowdown,
    int Models,
    int Runs,
    string Dates,
    string Sources,
    double ErrorBefore,
    double ErrorLeftOut,
    double IntervalFactor,
    double IntervalBefore,
    bool IsOfOtherVendor
)
{
    /// <summary>
    /// Constants that do not foretell what they have not seen are not worth having, nor are those of as many runs as there
    /// are constants.
    /// </summary>
    public bool IsKept => ErrorLeftOut < 0.75 * ErrorBefore && HasEnoughRuns;

    /// <summary>
    /// Constants of a class foretell hardware of a vendor that taught it nothing about as well as a fit would: runs then say how
    /// far off they are.
    /// </summary>
    public bool IsConfirmed => !IsKept && IsOfOtherVendor && HasEnoughRuns;

    private bool HasEnoughRuns => Runs > 2 * SlowdownFit.Parameters;

    /// <summary>What the catalog is to hold; null for nothing.</summary>
    public (Slowdown Slowdown, double Interval)? Entry =>
        IsKept ? (Slowdown, IntervalFactor)
        : IsConfirmed ? (Slowdown.None, IntervalBefore)
        : null;
}

/// <summary>
/// Fits, for every accelerator and engine without measured kernels and with runs of at least two models, by how much
/// whole runs are slower than the constants of their class. Every model has the same say, and so has every deployment of
/// a model, whatever its number of rows. All groups are fitted side by side, since one validation predicts them all.
/// </summary>
internal sealed class EndToEndFit(CsvTable table)
{
    private const int Iterations = 9;
    private const double LeastInterval = 1.35;

    /// <summary>Runs of one source say nothing of the next version of the software: the logarithm grows by this.</summary>
    private const double SingleSourceWidening = 1.25;

    private readonly List<MeasuredRun> runs = [];
    private CsvTable? teaching;

    public IReadOnlyList<EndToEndResult> Results()
    {
        Collect();
        var groups = runs.GroupBy(run => run.Group)
            .Where(group => group.Select(run => run.Model).Distinct(StringComparer.Ordinal).Count() > 1)
            .ToDictionary(group => group.Key, group => group.ToList());
        var ids = groups.Values.SelectMany(members => members).Select(run => run.Id).ToHashSet();
        runs.RemoveAll(run => !ids.Contains(run.Id));
        teaching = table.Where(row => row["id"] is { } id && ids.Contains(id));
        var none = groups.Keys.ToDictionary(key => key, _ => Slowdown.None);
        var before = Slowness(none);
        var whole = Fit(groups, _ => null);

        var leftOut = groups.Keys.ToDictionary(key => key, _ => new List<IReadOnlyList<double>>());
        var folds = groups.Max(group => ModelsOf(group.Value).Count);
        for (var fold = 0; fold < folds; fold++)
        {
            var held = groups.ToDictionary(
                group => group.Key,
                group => ModelsOf(group.Value) is var models && fold < models.Count ? models[fold] : null
            );
            var slowness = Slowness(Fit(groups, key => held[key]));
            foreach (var (key, members) in groups)
                if (held[key] is { } model)
                    leftOut[key].Add([.. ErrorsByDeployment(members.Where(run => run.Model == model), slowness)]);
        }
        return
        [
            .. groups.Select(group => new EndToEndResult(
                group.Key.Accelerator,
                group.Key.Engine,
                whole[group.Key],
                ModelsOf(group.Value).Count,
                group.Value.Count,
                Dates(group.Value),
                string.Join(
                    "; ",
                    group.Value.Select(run => run.Source).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
                ),
                MedianOverModels(
                    group.Value.GroupBy(run => run.Model).Select(model => ErrorsByDeployment(model, before))
                ),
                MedianOverModels(leftOut[group.Key]),
                Interval(group.Value, leftOut[group.Key].SelectMany(errors => errors)),
                IntervalOfUnfitted(group.Value, before),
                group.Value[0].IsOfOtherVendor
            )),
        ];
    }

    /// <summary>Rows that are scored at all, of accelerators under engines that nobody measured kernels of.</summary>
    private void Collect()
    {
        var catalog = new CatalogReader();
        var scored = Score(catalog).Where(one => one.Predicted is not null).Select(one => one.Id).ToHashSet();
        var found = new List<(MeasuredRun Run, bool IsNewest)>();
        foreach (var row in table.Rows)
        {
            if (row["id"] is not { } id || !scored.Contains(id) || row["accelerator_id"] is not { } accelerator)
                continue;
            var conditions = new InferenceConditions(row);
            // Where it is not said how many run together, too much is unknown to teach what they wait for; when all requests
            // are there from the start, the limits of the engine say it.
            if (conditions.Concurrency is null && conditions.Scenario != "offline-throughput")
                continue;
            var named = conditions.Engine.Split('@', 2);
            var engine = catalog.Engines.Find(named[0]);
            var rules = engine.RulesFor(named.Length > 1 ? named[1] : null);
            var known = catalog.Accelerators.Find(accelerator);
            if (catalog.Kernels.For(known, engine, rules).Rung < KernelRung.EndToEnd)
                continue;
            var metric = row.Text("metric");
            var newest = engine.KernelsOf ?? engine.Id;
            found.Add(
                (
                    new MeasuredRun(
                        id,
                        known.SameChipAs ?? known.Id,
                        rules.Kernels ?? newest,
                        newest,
                        row.Text("model"),
                        $"{row["model"]}|{row["weight_format"]}|{row["accelerator_count"]}|{row["tp"]}|{row["pp"]}|{row["source"]}",
                        Repository(row.Text("source")),
                        row["source_date"] ?? "",
                        MeasuredRun.PhaseOf(metric),
                        MeasuredRun.IsRateMetric(metric),
                        conditions.Devices > 1 && !engine.TensorParallel,
                        PredictionError.IsOtherVendor(known)
                    ),
                    rules.Kernels is null
                )
            );
        }
        // Older kernels have constants of their own only beside runs of today's, for which they would be wrong.
        var withNewest = found.Where(one => one.IsNewest).Select(one => one.Run.Group).ToHashSet();
        runs.AddRange(
            found.Select(one =>
                withNewest.Contains((one.Run.Accelerator, one.Run.NewestKernels))
                    ? one.Run
                    : one.Run with
                    {
                        Engine = one.Run.NewestKernels,
                    }
            )
        );
    }

    private Dictionary<(string, string), Slowdown> Fit(
        Dictionary<(string, string), List<MeasuredRun>> groups,
        Func<(string, string), string?> heldOut
    )
    {
        var fits = groups.ToDictionary(
            group => group.Key,
            group => new SlowdownFit([.. group.Value.Where(run => run.Model != heldOut(group.Key))])
        );
        for (var iteration = 0; iteration < Iterations; iteration++)
        {
            var slowness = Slowness(fits.ToDictionary(fit => fit.Key, fit => fit.Value.Slowdown));
            var shifted = Enumerable
                .Range(0, SlowdownFit.Parameters)
                .Select(index => Slowness(fits.ToDictionary(fit => fit.Key, fit => fit.Value.Shifted(index))))
                .ToArray();
            foreach (var fit in fits.Values)
                fit.Improve(slowness, shifted);
        }
        return fits.ToDictionary(fit => fit.Key, fit => fit.Value.Slowdown);
    }

    /// <summary>As in the fit, a model that many have measured says no more than one that few have.</summary>
    private static double MedianOverModels(IEnumerable<IEnumerable<double>> errorsByModel) =>
        Sample.Median(errorsByModel.Select(Sample.Median));

    private static IEnumerable<double> ErrorsByDeployment(
        IEnumerable<MeasuredRun> members,
        Dictionary<string, double> slowness
    ) =>
        members
            .GroupBy(run => (run.Deployment, run.Phase))
            .Select(deployment => Sample.Median(deployment.Select(run => Math.Abs(slowness[run.Id]))));

    /// <summary>How much slower than predicted every run was, with these constants in the catalog.</summary>
    private Dictionary<string, double> Slowness(Dictionary<(string Accelerator, string Engine), Slowdown> constants)
    {
        var folder = Directory.CreateTempSubdirectory("loadline-calibrate");
        try
        {
            var entries = constants.Select(entry =>
                Entry(entry.Key.Accelerator, entry.Key.Engine, entry.Value, 2, 2, 2, "being fitted", "")
            );
            File.WriteAllText(Path.Combine(folder.FullName, "end-to-end.json"), Document(entries));
            var byId = Score(new CatalogReader(folder.FullName)).ToDictionary(one => one.Id);
            return runs.ToDictionary(run => run.Id, run => run.SlownessOf(byId[run.Id]));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private ImmutableArray<ScoredCase> Score(CatalogReader catalog) =>
        Validation.Of(teaching ?? table, catalog, new ModelSource(catalog), withCases: true).Cases!.Value;

    /// <summary>Owner and repository, or the host, without the file within.</summary>
    private static string Repository(string source) =>
        string.Join(
            '/',
            source.Split(['@', ' '])[0].Replace("https://", "", StringComparison.Ordinal).Split('/').Take(2)
        );

    private static string Dates(IEnumerable<MeasuredRun> members)
    {
        var dates = members
            .Select(run => run.Date)
            .Where(date => date.Length > 0)
            .Order(StringComparer.Ordinal)
            .ToList();
        return dates.Count == 0 ? "at no stated date"
            : dates[0] == dates[^1] ? dates[0]
            : $"{dates[0]} to {dates[^1]}";
    }

    private static double Interval(IEnumerable<MeasuredRun> members, IEnumerable<double> leftOut)
    {
        var sources = members.Select(run => run.Source).Distinct(StringComparer.Ordinal).Count();
        var logarithm = Math.Max(Math.Log(LeastInterval), Sample.Quantile(leftOut, 0.9));
        return Math.Exp(logarithm * (sources == 1 ? SingleSourceWidening : 1));
    }

    /// <summary>
    /// Nine in ten of the runs of a deployment lie inside, every deployment with one vote that its runs share. What was fitted
    /// to none of them needs no widening.
    /// </summary>
    private static double IntervalOfUnfitted(IEnumerable<MeasuredRun> members, Dictionary<string, double> slowness)
    {
        var votes = members
            .GroupBy(run => (run.Deployment, run.Phase))
            .SelectMany(runs => runs.Select(run => (Size: Math.Abs(slowness[run.Id]), Weight: 1.0 / runs.Count())))
            .OrderBy(vote => vote.Size)
            .ToList();
        var wanted = 0.9 * votes.Sum(vote => vote.Weight);
        var sum = 0.0;
        var size = votes.First(vote => (sum += vote.Weight) >= wanted).Size;
        return Math.Exp(Math.Max(Math.Log(LeastInterval), size));
    }

    private static List<string> ModelsOf(IEnumerable<MeasuredRun> members) =>
        [.. members.Select(run => run.Model).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    public static string Document(IEnumerable<JsonObject> entries)
    {
        var document = new JsonObject
        {
            ["$schema"] = "schemas/end-to-end.schema.json",
            ["endToEnd"] = new JsonArray([.. entries]),
        };
        return document.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
    }

    public static JsonObject Entry(
        string accelerator,
        string engine,
        Slowdown slowdown,
        double interval,
        int models,
        int runs,
        string source,
        string dates
    ) =>
        new()
        {
            ["accelerator"] = accelerator,
            ["engine"] = engine,
            ["memorySlowdown"] = Math.Round(slowdown.Memory, 2),
            ["computeSlowdown"] = Math.Round(slowdown.Compute, 2),
            ["layerOverhead"] = Microseconds(slowdown.PerLayer),
            ["transferOverhead"] = Microseconds(slowdown.PerTransfer),
            ["intervalFactor"] = Math.Round(interval, 2),
            ["models"] = models,
            ["runs"] = runs,
            ["source"] = source,
            ["retrieved"] = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            ["notes"] = $"Runs published {dates}, with the software of their day.",
        };

    private static string Microseconds(Duration time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.Seconds * 1e6:0.#} us");
}
