using Loadline.Quantities;

namespace Loadline.Simulation;

/// <summary>
/// Random numbers by position instead of in sequence: the number of a request does not depend on how many were drawn
/// before, so two runs that differ in one setting still draw the same for the same request.
/// </summary>
/// <remarks>The finalizer of SplitMix64 over a counter. Steele, Lea and Flood, OOPSLA 2014.</remarks>
/// <param name="seed">Of the run.</param>
/// <param name="stream">Of what is drawn; each kind has its own.</param>
public readonly struct CounterRandom(ulong seed, ulong stream)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private readonly ulong start = Mix(unchecked(Mix(seed + Golden) + stream * Golden));

    /// <summary>Evenly between 0 and 1, neither included.</summary>
    public double Uniform(long index) =>
        ((Mix(unchecked(start + ((ulong)index + 1) * Golden)) >> 11) + 0.5) * (1.0 / (1L << 53));

    /// <summary>Normal with mean 0 and deviation 1.</summary>
    public double Normal(long index) => NormalDistribution.Quantile(Uniform(index));

    private static ulong Mix(ulong value)
    {
        unchecked
        {
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }
}
