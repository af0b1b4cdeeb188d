using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What the parts of a mean prompt cost, with and without a cache of what they begin with.</summary>
public sealed record PromptEconomics
{
    public required ImmutableArray<PromptPartCost> Parts { get; init; }

    /// <summary>At a host that charges by the token; null where none is allowed or asked about.</summary>
    public HostedPrompt? Hosted { get; init; }

    /// <summary>On machines; null where none are asked about.</summary>
    public PromptOnMachines? OnMachines { get; init; }
}

/// <summary>A part of the prompt.</summary>
/// <param name="Part">system, few-shot, retrieved, history or user.</param>
/// <param name="Tokens">Of a mean prompt.</param>
/// <param name="IsStatic">The same in every request, so that it can be cached.</param>
/// <param name="CostPerRequestUsd">At the host, not cached; null without a host.</param>
/// <param name="CachedCostPerRequestUsd">With prefix caching.</param>
/// <param name="CostPerMonthUsd">Not cached, at the load of the scenario.</param>
/// <param name="CachedCostPerMonthUsd">With prefix caching.</param>
public sealed record PromptPartCost(
    string Part,
    double Tokens,
    bool IsStatic,
    double? CostPerRequestUsd,
    double? CachedCostPerRequestUsd,
    Estimate? CostPerMonthUsd,
    Estimate? CachedCostPerMonthUsd
);

/// <summary>Prices of a host and how its cache works out.</summary>
public sealed record HostedPrompt
{
    public required string Api { get; init; }

    /// <summary>Price of a cached token over that of a new one; null where there is no such price.</summary>
    public required double? ReadShare { get; init; }

    /// <summary>Price of putting a token into the cache over that of a new one.</summary>
    public required double WriteShare { get; init; }

    /// <summary>Shortest beginning that is kept; null where it is not known.</summary>
    public int? MinimumTokens { get; init; }
    public double? LifetimeSeconds { get; init; }

    /// <summary>Share of the requests that find the prefix: the next comes within the lifetime.</summary>
    public required double HitShare { get; init; }

    /// <summary>Reads within the lifetime after which writing has paid.</summary>
    public double? ReadsToPay { get; init; }
    public required double CostPerRequestUsd { get; init; }
    public required double CachedCostPerRequestUsd { get; init; }
    public required Estimate CostPerMonthUsd { get; init; }
    public required Estimate CachedCostPerMonthUsd { get; init; }
    public required string AsOf { get; init; }
}

/// <summary>What a cached prefix takes and saves on machines.</summary>
public sealed record PromptOnMachines
{
    public required string Hardware { get; init; }
    public required string Model { get; init; }

    /// <summary>Memory that keys and values of the prefix occupy, once for all requests.</summary>
    public required long PrefixBytes { get; init; }

    /// <summary>Share of the cache that they take.</summary>
    public required Estimate ShareOfCache { get; init; }

    /// <summary>Time to the first token of one request alone, the whole prompt computed.</summary>
    public required Estimate TtftSeconds { get; init; }

    /// <summary>The same with the prefix in the cache.</summary>
    public required Estimate CachedTtftSeconds { get; init; }

    /// <summary>Requests per second that one replica carries at most, without and with the cache.</summary>
    public required Estimate RequestsPerSecond { get; init; }
    public required Estimate CachedRequestsPerSecond { get; init; }
}
