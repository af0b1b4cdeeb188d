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
    double IntervalFactor
)
{
    /// <summary>Constants that do not foretell what they have not seen are not worth having.</summary>
    public bool IsKept => ErrorLeftOut < 0.75 * ErrorBefore;
}

/// <summary>
/// Fits, for every accelerator and engine without measured kernels and with runs of at least two models, by how much
/// whole runs are slower than the constants of their class. The factor is the median over models of the median over
/// deployments, so no model counts by its number of rows. It is found by iteration, because engine overheads and
/// collectives are not slowed.
/// </summary>
internal sealed class EndToEndFit(CsvTable table)
{
    private const int Iterations = 6;
    private const double LeastInterval = 1.35;

    /// <summary>Runs of one source say nothing of the next version of the software: the logarithm grows by this.</summary>
    private const double SingleSourceWidening = 1.25;

    private readonly List<MeasuredRun> runs = [];

    public IReadOnlyList<EndToEndResult> Results()
    {
        Collect();
        var groups = runs.GroupBy(run => run.Group)
            .Where(group => group.Select(run => run.Model).Distinct(StringComparer.Ordinal).Count() > 1)
            .ToDictionary(group => group.Key, group => group.ToList());
        var none = groups.Keys.ToDictionary(key => key, _ => Slowdown.None);
        var before = Slowness(none);
        var whole = Fit(groups, _ => null);

        var leftOut = groups.Keys.ToDictionary(key => key, _ => new List<double>());
        var folds = groups.Max(group => ModelsOf(group.Value).Count);
        for (var fold = 0; fold < folds; fold++)
        {
            var held = groups.ToDictionary(
                group => group.Key,
                group => ModelsOf(group.Value) is var models && fold < models.Count ? models[fold] : null
            );
            var slowness = Slowness(Fit(groups, key => held[key]));
            foreach (var (key, members) in groups)
                leftOut[key].AddRange(ErrorsByDeployment(members.Where(run => run.Model == held[key]), slowness));
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
                Sample.Quantile(ErrorsByDeployment(group.Value, before), 0.5),
                Sample.Quantile(leftOut[group.Key], 0.5),
                Interval(group.Value, leftOut[group.Key])
            )),
        ];
    }

    /// <summary>Rows that are scored at all, of accelerators under engines that nobody measured kernels of.</summary>
    private void Collect()
    {
        var catalog = new CatalogReader();
        var scored = Score(catalog).Where(one => one.Predicted is not null).Select(one => one.Id).ToHashSet();
        foreach (var row in table.Rows)
        {
            if (row["id"] is not { } id || !scored.Contains(id) || row["accelerator_id"] is not { } accelerator)
                continue;
            var engine = catalog.Engines.Find(new InferenceConditions(row).Engine.Split('@')[0]);
            var known = catalog.Accelerators.Find(accelerator);
            if (catalog.Kernels.For(known, engine).Rung < KernelRung.EndToEnd)
                continue;
            var metric = row.Text("metric");
            runs.Add(
                new MeasuredRun(
                    id,
                    known.Id,
                    engine.KernelsOf ?? engine.Id,
                    row.Text("model"),
                    $"{row["model"]}|{row["weight_format"]}|{row["accelerator_count"]}|{row["tp"]}|{row["pp"]}|{row["source"]}",
                    Repository(row.Text("source")),
                    row["source_date"] ?? "",
                    MeasuredRun.PhaseOf(metric),
                    MeasuredRun.IsRateMetric(metric)
                )
            );
        }
    }

    private Dictionary<(string, string), Slowdown> Fit(
        Dictionary<(string, string), List<MeasuredRun>> groups,
        Func<(string, string), string?> heldOut
    )
    {
        var fitted = groups.Keys.ToDictionary(key => key, _ => Slowdown.None);
        for (var iteration = 0; iteration < Iterations; iteration++)
        {
            var slowness = Slowness(fitted);
            foreach (var (key, members) in groups)
            {
                fitted[key] = Next(fitted[key], heldOut(key), members, slowness);
            }
        }
        return fitted;
    }

    /// <summary>
    /// Prompts teach the arithmetic, everything else the memory. What runs of fewer than two models could teach is
    /// taken from the other.
    /// </summary>
    private static Slowdown Next(
        Slowdown slowdown,
        string? held,
        IReadOnlyList<MeasuredRun> members,
        Dictionary<string, double> slowness
    )
    {
        var memory = Correction(Teaching(Phase.Decode), slowness);
        var compute = Correction(Teaching(Phase.Prefill), slowness);
        return new Slowdown(
            Math.Max(1, slowdown.Memory * (memory ?? compute ?? 1)),
            Math.Max(1, slowdown.Compute * (compute ?? memory ?? 1))
        );

        IEnumerable<MeasuredRun> Teaching(Phase phase)
        {
            var own = members.Where(run => run.Phase == phase).ToList();
            return ModelsOf(own).Count < 2 ? [] : own.Where(run => run.Model != held);
        }
    }

    private static double? Correction(IEnumerable<MeasuredRun> seen, Dictionary<string, double> slowness)
    {
        var byModel = seen.GroupBy(run => run.Model)
            .Select(model =>
                Sample.Quantile(
                    model
                        .GroupBy(run => run.Deployment)
                        .Select(deployment => Sample.Quantile(deployment.Select(run => slowness[run.Id]), 0.5)),
                    0.5
                )
            )
            .ToList();
        return byModel.Count == 0 ? null : Math.Exp(Sample.Quantile(byModel, 0.5));
    }

    private static IEnumerable<double> ErrorsByDeployment(
        IEnumerable<MeasuredRun> members,
        Dictionary<string, double> slowness
    ) =>
        members
            .GroupBy(run => (run.Deployment, run.Phase))
            .Select(deployment => Sample.Quantile(deployment.Select(run => Math.Abs(slowness[run.Id])), 0.5));

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
        Validation.Of(table, catalog, new ModelSource(catalog), withCases: true).Cases!.Value;

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
            ["intervalFactor"] = Math.Round(interval, 2),
            ["models"] = models,
            ["runs"] = runs,
            ["source"] = source,
            ["retrieved"] = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            ["notes"] = $"Runs published {dates}, with the software of their day.",
        };
}
