using System.Collections.Immutable;

namespace Loadline.Planning;

/// <summary>What a search has found so far.</summary>
/// <param name="scenario">What is asked.</param>
/// <param name="load">And how sure that is.</param>
/// <param name="dearest">
/// What costs so many times the cheapest plan on machines is not worked out: nobody pays that for being faster than asked. At
/// 1 only the cheapest is found.
/// </param>
internal sealed class Search(Scenario scenario, LoadUncertainty load, double dearest)
{
    /// <summary>USD per month, over the horizon, beyond which nothing is worked out.</summary>
    public double Dearest => dearest * Cheapest;

    public Scenario Scenario => scenario;

    public LoadUncertainty Load => load;

    public List<PlanOption> Options { get; } = [];

    public List<Rejection> Rejected { get; } = [];

    public List<string> Assumptions { get; } = [];

    /// <summary>What came closest to the objectives without meeting them.</summary>
    public NearMiss? Nearest { get; private set; }

    /// <summary>Deployments times offers looked at, those excluded with a reason among them.</summary>
    public int Considered { get; set; }

    /// <summary>Of them, those that were worked out.</summary>
    public int Evaluated => Considered - ExcludedByBound.Values.Sum();

    /// <summary>Of them, those that a bound excluded before they were worked out, by bound.</summary>
    public SortedDictionary<string, int> ExcludedByBound { get; } = new(StringComparer.Ordinal);

    /// <summary>What came of lower limits on the sequences of a step; null where they are not tried.</summary>
    public BatchLimits? BatchLimits { get; set; }

    /// <summary>Machines that may be had.</summary>
    public System.Collections.Immutable.ImmutableArray<MachineSupply> Supplies { get; set; } = [];

    /// <summary>False for what the scenario has no money or power for.</summary>
    public Func<PlanOption, bool> IsAffordable { get; init; } = _ => true;

    /// <summary>USD per month, over the horizon, of the cheapest plan on machines so far that there is money for.</summary>
    public double Cheapest { get; private set; } = double.PositiveInfinity;

    /// <summary>Rules out what can no longer be shown; null where only the cheapest is looked for.</summary>
    public Incumbents? Incumbents { get; set; }

    public void Add(PlanOption option)
    {
        Incumbents?.Add(option);
        Options.Add(option);
        if (option is SizedPlan && option.For.IsKnown && option.RankCost < Cheapest && IsAffordable(option))
            Cheapest = option.RankCost;
    }

    public void Exclude(string bound, int count)
    {
        Considered += count;
        ExcludedByBound[bound] = ExcludedByBound.GetValueOrDefault(bound) + count;
    }

    public void Reject(string what, RejectionKind kind, string why) => Rejected.Add(new Rejection(what, kind, why));

    public void Missed(string what, ObjectiveMiss miss)
    {
        if (Nearest is null || miss.Ratio < Nearest.Miss.Ratio)
            Nearest = new NearMiss(what, miss);
    }
}

/// <summary>A deployment that misses an objective, and by how much.</summary>
internal sealed record NearMiss(string What, ObjectiveMiss Miss);
