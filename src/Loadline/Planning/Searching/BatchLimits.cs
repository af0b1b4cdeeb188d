using Loadline.Prediction;

namespace Loadline.Planning;

/// <summary>
/// Lower limits on the sequences of a step than the engine's own, which every deployment that is worked out could be run with.
/// </summary>
/// <remarks>
/// A lower limit leaves the same replica as long as it is not reached, so a load that misses the objectives without it
/// misses them with it: nothing is gained where the largest load without it stays below it, nor where the limit cannot
/// keep up with that load. Left over is a limit that this load just reaches: it is worked out. Some of those carry a few
/// percent more, because the closed form lets a full limit run without a queue for its last place; they are counted, and
/// no plan is made of them.
/// </remarks>
internal sealed class BatchLimits
{
    private static readonly int[] Grid = [8, 16, 32, 64, 128, 256, 512, 1024];

    /// <summary>Limits of each deployment and offer.</summary>
    public static int Count => Grid.Length;

    /// <summary>Those that are none, as the engine or the cache has room for fewer.</summary>
    public int NotReached { get; private set; }

    /// <summary>Those with which a replica carries no more.</summary>
    public int CarryNoMore { get; private set; }

    /// <summary>Those that were worked out.</summary>
    public int Evaluated { get; private set; }

    /// <summary>Of them, those with which a replica carries more by the closed form.</summary>
    public int CarryMore { get; private set; }

    /// <summary>The largest factor by which one carries more.</summary>
    public double MostGain { get; private set; }

    /// <summary>Tries all limits on a replica.</summary>
    /// <param name="replica">In its deployment.</param>
    /// <param name="slowdown">Factor on its steps.</param>
    /// <param name="offers">Points that each limit counts for.</param>
    public void Try(ReplicaUnderLoad replica, double slowdown, int offers)
    {
        var most = replica.MaximumRate(slowdown);
        foreach (var limit in Grid)
        {
            var inFlight = (double)limit * replica.Deployment.Parallelism.Data;
            if (inFlight >= replica.MostInFlight)
                NotReached += offers;
            else if (replica.CarriesNoMore(most, slowdown, inFlight))
                CarryNoMore += offers;
            else
            {
                Evaluated += offers;
                var gain = replica.MaximumRate(slowdown, inFlight) / most;
                MostGain = Math.Max(gain, MostGain);
                if (gain > 1 + ReplicaUnderLoad.RateTolerance)
                    CarryMore += offers;
            }
        }
    }
}
