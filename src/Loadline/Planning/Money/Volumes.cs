namespace Loadline.Planning;

/// <summary>The volume at which machines become cheaper than a hosted model.</summary>
internal static class Volumes
{
    private const double Least = 1e-3;
    private const double Most = 1e6;

    /// <summary>Growth between two looks; machines come one by one, so the crossing is looked for in small steps.</summary>
    private const double Step = 1.05;

    /// <summary>
    /// Smallest multiple of the load of today from which machines stay cheaper over a doubling; null when there is none.
    /// </summary>
    public static double? CrossingOf(ApiPlan api, SizedPlan machines, PlanCosts costs)
    {
        double? since = null;
        for (var factor = Least; factor <= Most; factor *= Step)
        {
            // Beyond all the machines there are, no more are counted, and nothing is compared.
            if (costs.MachinesAt(machines, factor) > (machines.Supply.MostMachines ?? PlanCosts.MostMachines - 1))
                break;
            var isCheaper =
                costs.Machines.Monthly(machines.Supply, costs.MachinesAt(machines, factor)) < api.CostPerMonth * factor;
            if (!isCheaper)
                since = null;
            else if (since is null)
                since = factor;
            else if (factor > 2 * since)
                return since;
        }
        return since;
    }
}
