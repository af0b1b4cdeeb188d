using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Accuracy;

/// <summary>What a figure is about; the unit of errors that may be pooled.</summary>
internal enum Quantity
{
    TimePerToken,
    FirstToken,
    PromptRate,
    Throughput,
    WholeRequest,
}

/// <summary>A published figure beside its prediction and what the catalog knows of its conditions.</summary>
internal sealed record Figure(
    InferenceConditions Conditions,
    ScoredCase Scored,
    string? LeftOut,
    Architecture? Architecture,
    Accelerator? Accelerator,
    Engine? Engine,
    KernelRung? Rung
)
{
    private static readonly string[] Servers = ["vllm", "sglang", "tensorrt-llm"];

    public IInferenceColumns Stated => Conditions.Stated;

    public Quantity Quantity =>
        Conditions.Metric switch
        {
            "decode_tok_s_per_seq" => Quantity.TimePerToken,
            "prefill_tok_s" => Quantity.PromptRate,
            "e2e_ms" => Quantity.WholeRequest,
            var metric when metric.StartsWith("tpot", StringComparison.Ordinal) => Quantity.TimePerToken,
            var metric when metric.StartsWith("ttft", StringComparison.Ordinal) => Quantity.FirstToken,
            _ => Quantity.Throughput,
        };

    /// <summary>The catalog's id, or the name that the source has.</summary>
    public string EngineName => Engine?.Id ?? MeasuredEngines.Of(Stated.Engine, Stated.EngineVersion).Name;

    /// <summary>The two leading numbers of the engine's version; null where none is stated.</summary>
    public Version? MinorVersion =>
        Version.TryParse(MeasuredEngines.Of(Stated.Engine, Stated.EngineVersion).Version, out var version)
            ? new Version(version.Major, version.Minor)
            : null;

    /// <summary>True under one of the engines that most servers run.</summary>
    public bool IsServer => Servers.Contains(EngineName);

    public string AcceleratorName => Accelerator?.Id ?? Stated.Accelerator ?? "not stated";

    public bool IsTimePerTokenOfServer => Conditions.Metric.StartsWith("tpot", StringComparison.Ordinal) && IsServer;

    public bool IsLlamaCpp => EngineName.StartsWith("llama.cpp", StringComparison.Ordinal);

    /// <summary>Requests that arrive one by one, at a rate or as others leave.</summary>
    public bool IsServing => Conditions.Scenario is "server" or "server-disagg" or "interactive";

    public bool IsAlone => Conditions.Rate is null && Conditions.Concurrency is <= 1;

    /// <summary>True when kernels were measured on this accelerator under this engine.</summary>
    public bool IsKnown => Rung == KernelRung.OwnEngine;

    /// <summary>Name of the quantity, which carries its unit.</summary>
    public string Term => TermOf.Name;

    /// <summary>A number of the row or of its prediction in the unit of <see cref="Term"/>.</summary>
    public double InOwnUnit(double value) => value * TermOf.Unit / Stated.Unit;

    /// <inheritdoc cref="InOwnUnit"/>
    public string InUnit(double value) => Significant.Three(InOwnUnit(value));

    public bool IsMadeBy(string vendor) => Accelerator?.Vendor == vendor;

    private QuantityTerm TermOf => InferenceTerms.OfPublished(Conditions.Metric)!;

    /// <summary>Repository or site that the figure was published in.</summary>
    public string Publisher
    {
        get
        {
            var words = (Stated.Source ?? "").Split([' ', '@']);
            var address = Array.Find(words, word => word.Contains('/', StringComparison.Ordinal)) ?? "not stated";
            return string.Join('/', address.Replace("https://", "", StringComparison.Ordinal).Split('/').Take(2));
        }
    }
}

/// <summary>The figures of a file, and how many more it has of quantities that nobody predicts, by rule.</summary>
internal sealed record Collection(IReadOnlyList<Figure> Figures, IReadOnlyList<Exclusion> NotPredicted);

/// <summary>Reads a file of measurements in either column set and predicts every figure of it.</summary>
internal sealed class FigureReader(CatalogReader catalog)
{
    public Collection Read(CsvTable table)
    {
        var scoring = new InferenceScoring(catalog, new ModelSource(catalog));
        var runs = InferenceScoring
            .Runs(table)
            .ToLookup(run => InferenceTerms.OfPublished(run.Conditions.Metric) is null);
        return new Collection(
            [.. runs[false].Select(run => FigureOf(scoring, run))],
            [
                .. runs[true]
                    .GroupBy(run => run.LeftOut ?? "a quantity that is not predicted")
                    .Select(rows => new Exclusion(rows.Key, rows.Count())),
            ]
        );
    }

    private Figure FigureOf(InferenceScoring scoring, InferenceRun run)
    {
        var accelerator = scoring.AcceleratorOf(run.Conditions) is { } id ? Known(catalog.Accelerators, id) : null;
        var engine = Known(catalog.Engines, run.Conditions.Engine.Split('@')[0]);
        return new Figure(
            run.Conditions,
            scoring.CaseOf(run.Conditions),
            run.LeftOut,
            scoring.ModelOf(run.Conditions).Model?.Architecture,
            accelerator,
            engine,
            accelerator is null || engine is null ? null : catalog.Kernels.For(accelerator, engine).Rung
        );
    }

    private static T? Known<T>(CatalogShelf<T> shelf, string name)
        where T : class
    {
        try
        {
            return shelf.Find(name);
        }
        catch (UnknownNameException)
        {
            return null;
        }
    }
}
