using Loadline.Quantities;

namespace Loadline.Catalog;

/// <summary>
/// How much slower whole runs are than kernels of the class would be: factors on what waits for memory or a start-up and
/// on what waits for arithmetic, and time that waits for neither.
/// </summary>
public readonly record struct Slowdown(double Memory, double Compute)
{
    public static Slowdown None => new(1, 1);

    /// <summary>Added to every layer of every step: launches that a graph would hide, conversions, host work.</summary>
    public Duration PerLayer { get; init; }

    /// <summary>Added whenever a model split by layers goes on to the next device.</summary>
    public Duration PerTransfer { get; init; }

    public MatrixConstants On(MatrixConstants constants) =>
        constants with
        {
            ComputeFraction = constants.ComputeFraction / Compute,
            MemoryFraction = constants.MemoryFraction / Memory,
            Startup = constants.Startup * Memory,
            StartupPerThousandInputs = constants.StartupPerThousandInputs * Memory,
            StartupPerHundredExperts = constants.StartupPerHundredExperts * Memory,
            ActivationBytes = constants.ActivationBytes * Memory,
        };

    public AttentionConstants On(AttentionConstants constants) =>
        constants with
        {
            PrefillFraction = constants.PrefillFraction / Compute,
            PrefillStartup = constants.PrefillStartup * Memory,
            PrefillStartupPerThousandTokens = constants.PrefillStartupPerThousandTokens * Memory,
            DecodeMemoryFraction = constants.DecodeMemoryFraction / Memory,
            DecodeStartup = constants.DecodeStartup * Memory,
            DecodeStartupPerThousandHeads = constants.DecodeStartupPerThousandHeads * Memory,
        };

    public LatentDecodeConstants On(LatentDecodeConstants constants) =>
        constants with
        {
            MemoryFraction = constants.MemoryFraction / Memory,
            ComputeFraction = constants.ComputeFraction / Compute,
            Startup = constants.Startup * Memory,
            StartupPerThousandSequences = constants.StartupPerThousandSequences * Memory,
        };

    /// <summary>The rate of the prefill kernel is left to whoever adds up the arithmetic.</summary>
    public RecurrentConstants On(RecurrentConstants constants) =>
        constants with
        {
            MemoryFraction = constants.MemoryFraction / Memory,
            Startup = constants.Startup * Memory,
            PrefillStartup = constants.PrefillStartup is { } prefill ? prefill * Memory : null,
            PrefillStartupPerThousandTokens = constants.PrefillStartupPerThousandTokens * Memory,
        };
}
