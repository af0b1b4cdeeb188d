using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Loadline.Catalog;

/// <summary>What an interval is about; each is as wide as its own errors were.</summary>
public enum PredictedQuantity
{
    /// <summary>Time of a decode step, or between tokens.</summary>
    TimePerToken,

    /// <summary>Time to the first token of a request that is alone.</summary>
    FirstTokenAlone,

    /// <summary>Time to the first token of a request among others.</summary>
    FirstTokenUnderLoad,

    /// <summary>Requests or tokens per second of batches and of servers in a closed loop.</summary>
    Throughput,
}

/// <summary>
/// How far off predictions of a kind were where they could be compared with whole runs: split conformal intervals,
/// every deployment counting once. Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World", 2005.
/// </summary>
public sealed record IntervalConstants
{
    public required PredictedQuantity Quantity { get; init; }

    /// <summary>Engine id; null for all engines together.</summary>
    public string? Engine { get; init; }

    /// <summary>True for models with experts, false for those without; null for both together.</summary>
    public bool? Experts { get; init; }

    /// <summary>
    /// True for runs that state all their conditions, as a question to Loadline does; false for those that leave out the
    /// split, the requests in flight or how they were sent.
    /// </summary>
    public required bool Stated { get; init; }

    [JsonIgnore]
    public string Id => IdOf(Quantity, Engine, Experts, Stated);

    /// <summary>Half-width of the 90 % interval as a factor.</summary>
    public required double Factor { get; init; }

    /// <summary>Deployments behind it.</summary>
    public required int Deployments { get; init; }

    /// <summary>Model families behind it.</summary>
    public required int Families { get; init; }

    /// <summary>Kinds of layers that some of those models have; others are less certain.</summary>
    public ImmutableArray<string> Layers
    {
        get => field.IsDefault ? [] : field;
        init;
    }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }

    internal static string IdOf(PredictedQuantity quantity, string? engine, bool? experts, bool stated)
    {
        var models = experts is { } has ? (has ? "experts" : "dense") : "any";
        return $"{quantity}/{engine ?? "any"}/{models}/{(stated ? "stated" : "assumed")}".ToLowerInvariant();
    }
}
