namespace Loadline.Simulation;

/// <summary>Points in time at which requests, or sessions, arrive.</summary>
/// <remarks>
/// <para>
/// Gaps are drawn with mean 1 and laid out along the requests that the rate lets expect, a change of time. At a constant
/// rate that is a renewal process whose gaps are gamma distributed with squared coefficient of variation
/// 1 / burstiness, as in the load generators of vLLM and SGLang; at burstiness 1 a Poisson process, homogeneous or not.
/// The first arrival is one gap after the start. vLLM puts it at the start, and newer versions of it stretch all times
/// so that the mean rate comes out exactly; neither is done here.
/// </para>
/// <para>
/// Arrival i takes its gap from the same number whatever the rate, so that doubling a constant rate halves every time.
/// </para>
/// </remarks>
public sealed class ArrivalProcess
{
    private readonly Func<double, double> gapOf;

    private ArrivalProcess(RateProfile rate, double burstiness)
    {
        Rate = rate;
        Burstiness = burstiness;
        gapOf = burstiness switch
        {
            double.PositiveInfinity => _ => 1,
            1 => uniform => -Math.Log(1 - uniform),
            _ => Gamma(burstiness),
        };
    }

    public RateProfile Rate { get; }

    /// <summary>One over the squared coefficient of variation of the gaps: the smaller, the burstier.</summary>
    public double Burstiness { get; }

    /// <summary>Evenly spaced, from a first arrival at the start on.</summary>
    public static ArrivalProcess Even(RateProfile rate) => new(rate, double.PositiveInfinity);

    /// <summary>Independent of each other.</summary>
    public static ArrivalProcess Poisson(RateProfile rate) => new(rate, 1);

    /// <summary>In bursts at a burstiness below 1, more regular above.</summary>
    /// <remarks>BurstGPT (arXiv 2401.17644) fits its traces with it.</remarks>
    public static ArrivalProcess Gamma(RateProfile rate, double burstiness) => new(rate, burstiness);

    /// <summary>In order; without an end unless the rate has one.</summary>
    public IEnumerable<double> Times(ulong seed)
    {
        var random = new CounterRandom(seed, (ulong)TrafficStream.Gaps);
        // Spaced evenly, a stretch of time holds as many as it should when one is at its start and none at its end.
        var passed = double.IsPositiveInfinity(Burstiness) ? -1.0 : 0.0;
        for (var i = 0L; ; i++)
        {
            passed += gapOf(random.Uniform(i));
            var seconds = Rate.SecondsAt(passed);
            if (double.IsPositiveInfinity(seconds))
                yield break;
            yield return seconds;
        }
    }

    private static Func<double, double> Gamma(double burstiness)
    {
        var distribution = new GammaDistribution(burstiness);
        return uniform => distribution.Quantile(uniform) / burstiness;
    }
}
