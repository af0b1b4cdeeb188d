using System.Collections.Immutable;

namespace Loadline.Planning;

/// <summary>
/// Plays finalists before they are shown. One that misses an objective where the closed form had it kept gets another
/// machine, until it keeps all of them or the machines no longer help.
/// </summary>
internal sealed class PlanVerification(Scenario scenario, Search search, CancellationToken cancellation)
{
    /// <summary>Machines that are added at most; what takes more is not what the search thought it was.</summary>
    private const int MostAdditions = 4;

    private readonly PlanSimulation simulation = new(scenario);
    private readonly Dictionary<SizedPlan, SizedPlan?> verified = new(ReferenceEqualityComparer.Instance);

    /// <summary>The first plans of a ranking that keep the objectives, cheapest first.</summary>
    /// <param name="ranked">By cost.</param>
    /// <param name="count">How many are wanted.</param>
    public List<SizedPlan> First(IEnumerable<SizedPlan> ranked, int count)
    {
        var found = new List<SizedPlan>();
        foreach (var plan in ranked)
        {
            // Those that took more machines than they were ranked with have to be compared with what follows.
            if (found.Count >= count && found[count - 1].CostPerMonth <= plan.CostPerMonth)
                break;
            if (Verified(plan) is not { } sure)
                continue;
            found.Add(sure);
            found.Sort((one, other) => Compare(one, other));
        }
        return found.Count > count ? found[..count] : found;
    }

    /// <summary>The plan as it keeps the objectives; null when it does not with a few machines more.</summary>
    public SizedPlan? Verified(SizedPlan plan)
    {
        if (!verified.TryGetValue(plan, out var known))
            verified[plan] = known = Enlarged(plan);
        return known;
    }

    private SizedPlan? Enlarged(SizedPlan plan)
    {
        var sized = plan;
        var missedAt = double.PositiveInfinity;
        for (var added = 0; added <= MostAdditions; added++)
        {
            cancellation.ThrowIfCancellationRequested();
            var simulated = simulation.Of(sized);
            if (simulated.Miss is not { } miss)
                return (added == 0 ? sized : WithLargestRate(sized, missedAt)) with
                {
                    Simulated = simulated,
                    EndToEndSeconds = simulated.Middle.EndToEnd,
                };
            missedAt = sized.RatePerReplica;
            if (added == MostAdditions || OneMore(sized) is not { } larger)
            {
                search.Reject(
                    $"{sized.Model.Id} {sized.Sized.Replica.Deployment.Weights.Name} on {sized.Machines} of {sized.Offer.Id}",
                    RejectionKind.Objective,
                    $"simulated, {miss.What} is {(double.IsFinite(miss.Found.Seconds) ? $"{miss.Found}" : "without end: it cannot keep up")}, {miss.Limit} is asked"
                );
                return null;
            }
            sized = larger;
        }
        return null;
    }

    /// <summary>
    /// The plan with the rate that its replicas carry as simulated: between the one that was missed and its own.
    /// </summary>
    private SizedPlan WithLargestRate(SizedPlan plan, double missedAt)
    {
        const int Halvings = 4;
        var low = plan.RatePerReplica;
        var high = missedAt;
        for (var i = 0; i < Halvings; i++)
        {
            var middle = (low + high) / 2;
            if (simulation.MissAt(plan.Sized.Replica, middle) is null)
                low = middle;
            else
                high = middle;
        }
        return plan with { Sized = plan.Sized with { MaximumRate = low } };
    }

    private SizedPlan? OneMore(SizedPlan plan)
    {
        // As many replicas more as one machine holds share the peak.
        var perMachine = plan.Replicas / plan.Machines;
        var rate = search.PeakRate / (plan.Replicas + perMachine);
        return SizedPlan.Of(plan.Sized with { MaximumRate = rate * 1.0001 }, plan.Model, plan.Offer, search.PeakRate);
    }

    /// <summary>By cost; at the same cost nobody gives quality away.</summary>
    public static int Compare(SizedPlan one, SizedPlan other) =>
        one.CostPerMonth != other.CostPerMonth ? one.CostPerMonth.CompareTo(other.CostPerMonth)
        : one.LosesQuality != other.LosesQuality ? one.LosesQuality.CompareTo(other.LosesQuality)
        : !one.EndToEndSeconds.Equals(other.EndToEndSeconds) ? one.EndToEndSeconds.CompareTo(other.EndToEndSeconds)
        : string.CompareOrdinal(one.Offer.Id, other.Offer.Id);
}
