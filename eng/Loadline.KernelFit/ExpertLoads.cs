namespace Loadline.KernelFit;

/// <summary>How the tables spread routed tokens over experts.</summary>
/// <remarks>
/// The collector of aiconfigurator draws the load of every expert from a power law between 1 and 0.8 T tokens (0.01 and
/// 2 when there are fewer tokens than experts), scales the loads to T x k and rounds. Here the loads stand at the middles
/// of equal shares of that law instead of at random.
/// </remarks>
internal static class ExpertLoads
{
    /// <summary>Experts that get at least one token.</summary>
    public static int Distinct(int tokens, int experts, int active, double exponent)
    {
        var routed = (double)tokens * active;
        var (low, high) = routed > experts ? (1.0, Math.Max(1.001, tokens * 0.8)) : (0.01, 2.0);
        var power = 1 - exponent;
        var loads = new double[experts];
        for (var i = 0; i < experts; i++)
        {
            var share = (i + 0.5) / experts;
            loads[i] = Math.Pow(
                (Math.Pow(high, power) - Math.Pow(low, power)) * share + Math.Pow(low, power),
                1 / power
            );
        }
        var scale = routed / loads.Sum();
        return Math.Max(1, loads.Count(load => Math.Round(load * scale) >= 1));
    }
}
