using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>What one row of inference measurements says it was measured under, in our terms.</summary>
internal sealed class InferenceConditions(IInferenceColumns columns)
{
    public InferenceConditions(CsvRow row)
        : this(row["scenario"] is null ? new OwnColumns(row) : new PublishedColumns(row)) { }

    /// <summary>The row as it stands.</summary>
    public IInferenceColumns Stated => columns;

    public string Scenario => columns.Scenario;

    public string Metric => columns.Metric;

    /// <summary>0 where it is not stated.</summary>
    public double InputTokens => columns.InputTokens ?? 0;

    /// <summary>0 where it is not stated.</summary>
    public double OutputTokens => columns.OutputTokens ?? 0;

    public int Devices => (int)(columns.Devices ?? 1);

    public int? Tensor => (int?)columns.Tensor;

    public int Pipeline => (int)(columns.Pipeline ?? 1);

    /// <summary>Groups that whole experts are dealt to; 0 in a row stands for none.</summary>
    public int Expert => Math.Max(1, (int)(columns.Expert ?? 1));

    public int Data => Math.Max(1, (int)(columns.Data ?? 1));

    /// <summary>Requests in flight or sequences of a batch; null when the engine decides.</summary>
    public double? Concurrency => columns.Concurrency;

    /// <summary>Requests per second; null for a closed loop, for everything at once and where none is stated.</summary>
    public double? Rate => columns.Rate;

    /// <summary>Requests of the whole run; null where the row does not say.</summary>
    public int? Requests => columns.Requests;

    /// <summary>Tokens of the longest answers; null where the row does not say.</summary>
    public int? LongestOutputTokens => columns.LongestOutputTokens;

    /// <summary>True when one batch starts and ends together.</summary>
    public bool IsStaticBatch => columns.IsStaticBatch;

    /// <summary>Tokens already in the cache when a part of a prompt is measured behind them.</summary>
    public double Depth => columns.Depth;

    /// <summary>
    /// Engine and version as <c>--engine</c> takes them. Where no version is stated, the day of the source stands in for
    /// it: whoever measured had the newest version of that day at best.
    /// </summary>
    public string Engine
    {
        get
        {
            var (name, version) = MeasuredEngines.Of(columns.Engine, columns.EngineVersion);
            return version is not null ? $"{name}@{version}"
                : MeasuredEngines.LastDayOf(columns.Date) is { } day ? $"{name}@{day}"
                : name;
        }
    }

    /// <summary>
    /// True for rows that leave nothing open: of the best grade and with the requests in flight and their split, of which
    /// tables are sure within a server only, where they are of servers; not of the worst where nothing but one batch runs.
    /// </summary>
    public bool IsFullyStated =>
        Scenario == "interactive" || Scenario.StartsWith("server", StringComparison.Ordinal)
            ? columns.Grade == "A"
                && Concurrency is not null
                && Tensor is not null
                && Devices <= ServingLayout.DevicesPerServer
            : columns.Grade is "A" or "B";

    /// <summary>True when the version is taken from the date of the source, or is the newest for want of both.</summary>
    public bool IsVersionAssumed => MeasuredEngines.Of(columns.Engine, columns.EngineVersion).Version is null;

    /// <summary>True when the weights are a mix that its name does not fix, and another stands in for it.</summary>
    public bool IsMixAssumed => MeasuredFormats.IsStandIn(columns.WeightFormat);

    /// <summary>Why requests of unknown length cannot be served; null when both lengths are stated.</summary>
    public string? WithoutLengths =>
        Scenario is not ("server" or "interactive" or "offline-throughput" or "single-stream") ? null
        : columns.InputTokens is null ? "the mean input length is not stated"
        : columns.OutputTokens is null ? "the mean output length is not stated"
        : null;

    /// <summary>The recipe, or null when we have none for the format.</summary>
    public string? Weights(Model model) => MeasuredFormats.RecipeOf(columns.WeightFormat, model.Architecture);

    public string? KvCache => MeasuredFormats.CacheOf(columns.CacheFormat);
}
