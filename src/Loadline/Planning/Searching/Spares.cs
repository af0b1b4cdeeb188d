namespace Loadline.Planning;

/// <summary>How many machines more it takes for the service to be there although machines fail.</summary>
internal static class Spares
{
    /// <summary>
    /// Share of the time that a machine is there: what large providers promise for a single instance (general knowledge of
    /// their service level agreements, 99.5 %). Upgrades that roll over the fleet take one machine at a time as well.
    /// </summary>
    public const double MachineAvailability = 0.995;

    /// <summary>Never reached below a large fleet, but by an availability that rounds to all of the time.</summary>
    private const int MostSpares = 1000;
    private const int LargeFleet = 10_000;

    /// <param name="machines">That the load needs.</param>
    /// <param name="perReplica">Machines that fail together, as one replica spans them.</param>
    /// <param name="availability">Share of the time that enough of them must be there; null for no demand.</param>
    public static int For(int machines, int perReplica, double? availability)
    {
        if (availability is not { } asked)
            return 0;
        var units = (machines + perReplica - 1) / perReplica;
        var up = Math.Pow(MachineAvailability, perReplica);
        if (machines > LargeFleet)
            return OfLargeFleet(units, up, asked) * perReplica;
        var spares = 0;
        while (spares < MostSpares && ShareUp(units, spares, up) < asked)
            spares++;
        return spares * perReplica;
    }

    /// <summary>Where the powers of the binomial underflow, by its normal approximation.</summary>
    /// <remarks>
    /// With n units in all, the share at which k or fewer are down is asked for: k + 1/2 = n p + z sqrt(n p q) + (z^2 - 1)
    /// (q - p) / 6, the last term for the skewness (Cornish and Fisher, 1938). With k = n - needed it is a quadratic
    /// equation in sqrt(n).
    /// </remarks>
    private static int OfLargeFleet(int needed, double up, double asked)
    {
        var down = 1 - up;
        var z = Quantities.NormalDistribution.Quantile(asked);
        var spread = z * Math.Sqrt(down * up);
        var skew = (z * z - 1) * (up - down) / 6;
        var root = (spread + Math.Sqrt(spread * spread + 4 * up * (needed - 0.5 + skew))) / (2 * up);
        return (int)Math.Ceiling(root * root - needed);
    }

    /// <summary>Probability that at most so many of all units are down, by the binomial distribution.</summary>
    private static double ShareUp(int needed, int spares, double up)
    {
        var all = needed + spares;
        var term = Math.Pow(up, all);
        var sum = term;
        for (var down = 1; down <= spares; down++)
        {
            term *= (all - down + 1.0) / down * ((1 - up) / up);
            sum += term;
        }
        return sum;
    }
}
