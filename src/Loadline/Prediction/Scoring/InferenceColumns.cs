namespace Loadline.Prediction;

/// <summary>
/// What one row of inference measurements states, whatever its columns are called. Names of workloads and quantities are
/// those of <see cref="PublishedColumns"/>; <see cref="InferenceTerms"/> has ours beside them.
/// </summary>
internal interface IInferenceColumns
{
    /// <summary>The line of the file where rows have no id.</summary>
    public string Id { get; }

    /// <summary>Short name of the table that the row was published in.</summary>
    public string SourceTable { get; }

    /// <summary>Repository and file, or page, that the figure was published in.</summary>
    public string? Source { get; }

    /// <summary>Day, month or year of the source.</summary>
    public string? Date { get; }

    public string Model { get; }

    public string WeightFormat { get; }

    public string? CacheFormat { get; }

    public string Engine { get; }

    /// <summary>As the source writes it, with what else it says of the engine.</summary>
    public string? EngineVersion { get; }

    public string? AcceleratorId { get; }

    /// <summary>The accelerator as the source prints it.</summary>
    public string? Accelerator { get; }

    public long? Devices { get; }

    /// <summary>Threads at work on a processor; null where they are not stated.</summary>
    public int? Threads { get; }

    public long? Tensor { get; }

    public long? Pipeline { get; }

    public long? Expert { get; }

    public long? Data { get; }

    /// <summary>Mean tokens of a prompt; null where they are not stated.</summary>
    public double? InputTokens { get; }

    /// <summary>Mean tokens of an answer; null where they are not stated.</summary>
    public double? OutputTokens { get; }

    public int? LongestOutputTokens { get; }

    /// <summary>Shortest length over the longest where they are known to be spread evenly; 1 where nothing is said.</summary>
    public double LengthSpread { get; }

    /// <summary>Tokens of the prompt that were in the cache before the clock started.</summary>
    public double Depth { get; }

    public int? Requests { get; }

    /// <summary>Requests in flight or sequences of a batch; null when the engine decides.</summary>
    public double? Concurrency { get; }

    /// <summary>Requests per second; null for a closed loop, for everything at once and where none is stated.</summary>
    public double? Rate { get; }

    /// <summary>
    /// Most seconds per token in 99 of 100 requests, where the rate is the highest that keeps them; null where no rule says.
    /// </summary>
    public double? TokenLimitSeconds { get; }

    /// <summary>True when one batch starts and ends together.</summary>
    public bool IsStaticBatch { get; }

    public string Scenario { get; }

    public string Metric { get; }

    /// <summary>Scenario and quantity in the words and the unit of the file.</summary>
    public string Label { get; }

    /// <summary>What a predicted figure, in the published unit, is multiplied by to have the unit of the file.</summary>
    public double Unit { get; }

    public double Measured { get; }

    public string Grade { get; }

    /// <summary>True where the row says that the run was tuned for its figure.</summary>
    public bool IsTuned { get; }

    /// <summary>Why the source table says that the row contradicts itself; null when it does not.</summary>
    public string? Caution { get; }

    public PoolDegrees? PrefillPool { get; }

    public PoolDegrees? DecodePool { get; }

    /// <summary>Rows with the same key describe one deployment.</summary>
    public string Deployment { get; }

    /// <summary>Rows with the same key repeat one figure.</summary>
    public string Identity { get; }
}

/// <summary>Degrees of one pool of devices of a disaggregated deployment, as stated.</summary>
/// <param name="Replicas">How many there are; null where the row does not say.</param>
/// <param name="Parallelism">How each of them is split.</param>
internal sealed record PoolDegrees(int? Replicas, Parallelism Parallelism);
