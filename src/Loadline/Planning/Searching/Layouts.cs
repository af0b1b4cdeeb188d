using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;

namespace Loadline.Planning;

/// <summary>The ways a replica is spread over devices that a search looks at.</summary>
internal static class Layouts
{
    private static readonly int[] Degrees = [1, 2, 4, 8];

    /// <summary>Fewer ranks gain nothing from attention of their own.</summary>
    private const int FewestDataRanks = 4;

    /// <summary>Most machines that one replica spans.</summary>
    private const int MostMachines = 4;

    /// <param name="architecture">Of the model.</param>
    /// <param name="accelerator">What it runs on.</param>
    /// <param name="largestMachine">Most accelerators in a machine that can be had.</param>
    /// <param name="splitsTensors">False for engines that split by layers only.</param>
    public static IEnumerable<Parallelism> Of(
        Architecture architecture,
        Accelerator accelerator,
        int largestMachine,
        bool splitsTensors
    )
    {
        foreach (var degree in Degrees.Where(degree => degree <= largestMachine))
        {
            if (!splitsTensors)
            {
                yield return new Parallelism(Pipeline: degree);
                continue;
            }
            yield return new Parallelism(degree);
            if (degree == 1)
                continue;
            if (architecture.HasExperts)
            {
                yield return new Parallelism(degree, Expert: degree);
                if (degree >= FewestDataRanks)
                    yield return new Parallelism(1, Expert: degree, Data: degree);
            }
            else if (!HasFabric(accelerator))
                // Over a bus, stages talk less than shared matrices do.
                yield return new Parallelism(1, Pipeline: degree);
        }
        // Beyond a machine only where the model is too large for it; memory says when.
        if (splitsTensors && largestMachine >= 8)
        {
            for (var machines = 2; machines <= MostMachines; machines *= 2)
                yield return new Parallelism(8, Pipeline: machines);
        }
    }

    private static bool HasFabric(Accelerator accelerator) =>
        accelerator.Link?.Kind.Contains("PCIe", StringComparison.OrdinalIgnoreCase) == false;
}
