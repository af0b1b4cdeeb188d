using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>
/// Searches models x formats x accelerators x tensor parallel x offers for the cheapest machines that meet a scenario
/// with the confidence it asks for.
/// </summary>
public sealed class Planner(CatalogReader catalog, Func<string, Model> models)
{
    private static readonly int[] TensorDegrees = [1, 2, 4, 8];

    private readonly DeploymentBuilder deployments = new(catalog);

    public Plan Plan(Scenario scenario, CancellationToken cancellation = default)
    {
        var demand = Demand.Of(scenario);
        var search = new Search(scenario, demand);
        var offers = AllowedOffers(scenario, search);
        foreach (var name in scenario.Models)
        {
            var model = models(name);
            search.Assumptions.AddRange(model.Assumptions);
            foreach (var weights in FormatsOf(model))
            {
                foreach (var group in offers)
                {
                    cancellation.ThrowIfCancellationRequested();
                    Consider(model, weights, group.Key, [.. group], search);
                }
            }
        }
        return PlanReport.Of(scenario, demand, search);
    }

    private ILookup<Accelerator, Offer> AllowedOffers(Scenario scenario, Search search)
    {
        var allowed = new List<(Accelerator Accelerator, Offer Offer)>();
        var refused = new Dictionary<string, int>(StringComparer.Ordinal);
        var unpriced = 0;
        if (!scenario.Allow.Contains("rent"))
        {
            search.Rejected.Add(
                new Rejection("all rented machines", "the scenario does not allow renting, the only way planned so far")
            );
            return allowed.ToLookup(pair => pair.Accelerator, pair => pair.Offer);
        }
        foreach (var offer in catalog.Offers.All)
        {
            if (DataRules.WhyNot(scenario.Data, offer) is { } why)
            {
                var key = $"{offer.Provider} in {offer.Region ?? "no stated region"}|{why}";
                refused[key] = refused.GetValueOrDefault(key) + 1;
            }
            else if (offer.OnDemandPerHour is null)
                unpriced++;
            else
                allowed.Add((catalog.Accelerators.Find(offer.Accelerator), offer));
        }
        foreach (var (key, count) in refused.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var parts = key.Split('|');
            search.Rejected.Add(new Rejection($"{parts[0]} ({count} offers)", parts[1]));
        }
        if (unpriced > 0)
            search.Rejected.Add(new Rejection($"{unpriced} offers", "no on-demand price is known"));
        search.Considered += refused.Values.Sum() + unpriced;
        return allowed.ToLookup(pair => pair.Accelerator, pair => pair.Offer);
    }

    /// <summary>The stored format, and 8 bit where the stored one is wider.</summary>
    private static IEnumerable<string> FormatsOf(Model model)
    {
        yield return "as-stored";
        if (model.Architecture.StoredFormat is null)
            yield return "fp8";
    }

    private void Consider(
        Model model,
        string weights,
        Accelerator accelerator,
        ImmutableArray<Offer> offers,
        Search search
    )
    {
        var what = $"{model.Id} {weights} on {accelerator.Id}";
        string? lastReason = null;
        var anyFits = false;
        foreach (var degree in TensorDegrees)
        {
            var machines = offers.Where(offer => offer.Count >= degree).ToList();
            if (machines.Count == 0)
                continue;
            search.Considered += machines.Count;
            if (MissingFigure(accelerator, degree) is { } missing)
            {
                lastReason = missing;
                continue;
            }
            if (Replica(model, weights, accelerator, degree, search.Scenario, out var reason) is not { } replica)
            {
                lastReason = reason;
                continue;
            }
            anyFits = true;
            foreach (var offer in machines)
                search.Candidates.Add(SizedPlan.Of(replica, model, offer, search.PeakRate));
        }
        if (!anyFits && lastReason is not null)
            search.Rejected.Add(new Rejection(what, lastReason));
    }

    /// <summary>A figure without which this accelerator cannot be predicted; null when the catalog has them all.</summary>
    private static string? MissingFigure(Accelerator accelerator, int degree)
    {
        if (accelerator.MemoryBandwidth is null)
            return "its memory bandwidth is not in the catalog";
        if (accelerator.Peak.Bf16 is null && accelerator.Peak.Fp16 is null && accelerator.Peak.Fp32 is null)
            return "no peak rate of it is in the catalog";
        return degree > 1 && accelerator.Link?.BandwidthPerDirection is null
            ? "the bandwidth of its link is not in the catalog"
            : null;
    }

    /// <summary>A replica that meets the objectives at some rate; otherwise null and the reason.</summary>
    private SizedReplica? Replica(
        Model model,
        string weights,
        Accelerator accelerator,
        int degree,
        Scenario scenario,
        out string? reason
    )
    {
        var built = deployments.TryBuild(
            new DeploymentRequest
            {
                Model = model,
                Accelerator = accelerator,
                Weights = weights,
                TensorParallel = degree,
            },
            out reason
        );
        if (built is null)
            return null;

        var memory = new ServingMemory(built.Deployment);
        if (memory.CachePool.Low <= 0)
        {
            var missing = new ByteSize((long)(memory.Weights.Bytes + memory.Activations.High + memory.Overhead.High));
            reason =
                $"weights and overhead need {missing} per device of {accelerator.Memory} (tensor parallel {degree})";
            return null;
        }
        var replica = new ReplicaUnderLoad(built.Deployment, memory, scenario.Workload, scenario.Objectives);
        if (!replica.LongestRequestFits)
        {
            reason = $"a request of p95 length does not fit into the cache (tensor parallel {degree})";
            return null;
        }
        var maximum = replica.MaximumRate();
        if (maximum <= 0)
        {
            reason = $"misses {replica.WhatBinds(1e-3)} even when idle (tensor parallel {degree})";
            return null;
        }
        reason = null;
        return new SizedReplica(replica, maximum, built.Assumptions);
    }
}
