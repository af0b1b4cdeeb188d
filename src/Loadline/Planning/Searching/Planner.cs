using System.Collections.Immutable;
using System.Globalization;
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

    /// <summary>Requests per second so few that none meets another.</summary>
    private const double NearlyIdle = 1e-3;

    private readonly DeploymentBuilder deployments = new(catalog);

    /// <summary>False shows finalists by their closed forms, without playing them.</summary>
    public bool Verifies { get; init; } = true;

    public Plan Plan(Scenario scenario, CancellationToken cancellation = default)
    {
        var demand = Demand.Of(scenario);
        var search = new Search(scenario, demand);
        var offers = AllowedOffers(scenario, search);
        foreach (var name in scenario.Models)
        {
            var model = models(name);
            if (TooLong(model, scenario.Workload) is { } tooLong)
            {
                search.Reject(model.Id, RejectionKind.Context, tooLong);
                continue;
            }
            search.Assumptions.AddRange(model.Assumptions);
            foreach (var weights in FormatsOf(model, search))
            {
                foreach (var group in offers)
                {
                    cancellation.ThrowIfCancellationRequested();
                    Consider(model, weights, group.Key, [.. group], search);
                }
            }
        }
        var verification = new PlanVerification(scenario, search, cancellation);
        return PlanReport.Of(scenario, demand, search, Verifies ? verification : null);
    }

    /// <summary>Why a model cannot read its requests at all: a long prompt with a usual answer, or the other way.</summary>
    private static string? TooLong(Model model, Workload workload)
    {
        var longest = Math.Max(
            workload.PromptTokens.P95 + workload.OutputTokens.Mean,
            workload.PromptTokens.Mean + workload.OutputTokens.P95
        );
        return model.Architecture.MaximumContext is { } most && longest > most
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"a p95 request has {longest:N0} tokens, and the model was made for {most:N0}"
            )
            : null;
    }

    private ILookup<Accelerator, Offer> AllowedOffers(Scenario scenario, Search search)
    {
        var allowed = new List<(Accelerator Accelerator, Offer Offer)>();
        var refused = new Dictionary<string, int>(StringComparer.Ordinal);
        var unpriced = 0;
        if (!scenario.Allow.Contains("rent"))
        {
            search.Reject(
                "all rented machines",
                RejectionKind.Way,
                "the scenario does not allow renting, the only way planned so far"
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
                allowed.Add((AcceleratorOf(offer), offer));
        }
        foreach (var (key, count) in refused.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var parts = key.Split('|');
            search.Reject($"{parts[0]} ({count} offers)", RejectionKind.Data, parts[1]);
        }
        if (unpriced > 0)
            search.Reject($"{unpriced} offers", RejectionKind.Price, "no on-demand price is known");
        search.Considered += refused.Values.Sum() + unpriced;
        return allowed.ToLookup(pair => pair.Accelerator, pair => pair.Offer);
    }

    private Accelerator AcceleratorOf(Offer offer)
    {
        try
        {
            return catalog.Accelerators.Find(offer.Accelerator);
        }
        catch (UnknownNameException exception)
        {
            throw new BadContentException($"offer {offer.Id}", "accelerator", exception.Message, "");
        }
    }

    /// <summary>The stored format, and 8 bit where the stored one is wider.</summary>
    private static IEnumerable<string> FormatsOf(Model model, Search search)
    {
        yield return "as-stored";
        if (model.Architecture.StoredFormat is not null)
            yield break;
        var loss = CandidateBuilder.EightBitLoss;
        if (search.Scenario.MaximumQualityLoss is { } most && loss.High > most)
            search.Reject(
                $"{model.Id} fp8",
                RejectionKind.Quality,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"8-bit weights may cost {loss.High * 100:0.##} % of a task score, and {most * 100:0.##} % is the limit"
                )
            );
        else
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
        Rejection? last = null;
        var anyFits = false;
        foreach (var degree in TensorDegrees)
        {
            var machines = offers.Where(offer => offer.Count >= degree).ToList();
            if (machines.Count == 0)
                continue;
            search.Considered += machines.Count;
            if (MissingFigure(accelerator, degree) is { } missing)
            {
                last = new Rejection(what, RejectionKind.Catalog, missing);
                continue;
            }
            if (Replica(model, weights, accelerator, degree, search, out var kind, out var why) is not { } replica)
            {
                last = new Rejection(what, kind, why);
                continue;
            }
            foreach (var offer in machines)
            {
                if (SizedPlan.Of(replica, model, offer, search.PeakRate) is { } plan)
                {
                    anyFits = true;
                    search.Candidates.Add(plan);
                }
                else
                    last = new Rejection(what, RejectionKind.Size, "it would take more than a million machines");
            }
        }
        if (!anyFits && last is not null)
            search.Rejected.Add(last);
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
        Search search,
        out RejectionKind kind,
        out string why
    )
    {
        why = "";
        kind = RejectionKind.Engine;
        var scenario = search.Scenario;
        var built = deployments.TryBuild(
            new DeploymentRequest
            {
                Model = model,
                Accelerator = accelerator,
                Weights = weights,
                TensorParallel = degree,
            },
            out var unbuildable
        );
        if (built is null)
        {
            why = unbuildable ?? "its engine cannot run it";
            return null;
        }

        kind = RejectionKind.Memory;
        var memory = new ServingMemory(built.Deployment);
        if (memory.CachePool.Low <= 0)
        {
            var missing = new ByteSize((long)(memory.Weights.Bytes + memory.Activations.High + memory.Overhead.High));
            why = $"weights and overhead need {missing} per device of {accelerator.Memory} (tensor parallel {degree})";
            return null;
        }
        var replica = new ReplicaUnderLoad(built.Deployment, memory, scenario.Workload, scenario.Objectives);
        if (!replica.LongestRequestFits)
        {
            why = $"a request of p95 length does not fit into the cache (tensor parallel {degree})";
            return null;
        }
        var maximum = replica.MaximumRate();
        if (maximum <= 0)
        {
            kind = RejectionKind.Objective;
            if (replica.MissAt(NearlyIdle) is { } miss)
            {
                why = $"{miss.What} is {miss.Found} even when idle, {miss.Limit} is asked (tensor parallel {degree})";
                search.Missed($"{model.Id} {built.Deployment.Weights.Name} on {degree}x:{accelerator.Id}", miss);
            }
            else
                why = $"it cannot keep up with one request in {1 / NearlyIdle:0} s (tensor parallel {degree})";
            return null;
        }
        return new SizedReplica(replica, maximum, built.Assumptions);
    }
}
