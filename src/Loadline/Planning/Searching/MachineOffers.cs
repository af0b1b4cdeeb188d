using System.Collections.Immutable;
using Loadline.Prediction;

namespace Loadline.Planning;

/// <summary>The machines with one accelerator that can be had, by what layouts they hold.</summary>
internal sealed class MachineOffers
{
    private readonly ImmutableArray<(MachineSupply Supply, int Alike)> machines;
    private readonly Dictionary<(int Devices, int Pipeline), UsableMachines> known = [];

    /// <param name="supplies">All of them.</param>
    /// <param name="cheapestOnly">
    /// True to keep the cheapest of those that differ in nothing but price and place: of the same machines on the same
    /// terms nobody takes dearer ones.
    /// </param>
    public MachineOffers(IEnumerable<MachineSupply> supplies, bool cheapestOnly)
    {
        var kept = cheapestOnly
            ? supplies
                .GroupBy(supply => (supply.Count, supply.Way, supply.Terms, supply.MostMachines))
                .Select(alike => (alike.MinBy(supply => (supply.PerHour ?? supply.Price)?.Value ?? 0)!, alike.Count()))
            : supplies.Select(supply => (supply, 1));
        machines = [.. kept.OrderBy(machine => machine.Item1.Count)];
    }

    /// <summary>Most accelerators in one machine.</summary>
    public int Largest => machines[^1].Supply.Count;

    public UsableMachines UsableBy(Parallelism layout)
    {
        var key = (layout.Devices, layout.Pipeline);
        if (!known.TryGetValue(key, out var usable))
        {
            var holding = machines.Where(machine => Holds(machine.Supply, layout)).ToList();
            known[key] = usable = new UsableMachines(
                [.. holding.Select(machine => machine.Supply)],
                holding.Sum(machine => machine.Alike)
            );
        }
        return usable;
    }

    /// <summary>A machine, or several whole ones, hold one replica.</summary>
    private static bool Holds(MachineSupply supply, Parallelism layout) =>
        supply.Count >= layout.Devices
        || (
            layout.Devices % supply.Count == 0
            && supply.Count >= 8
            && supply.Count % (layout.Devices / layout.Pipeline) == 0
            && layout.Pipeline > 1
        );
}

/// <summary>Machines that hold a replica, and the offers that they stand for.</summary>
internal sealed record UsableMachines(ImmutableArray<MachineSupply> Supplies, int Offers);
