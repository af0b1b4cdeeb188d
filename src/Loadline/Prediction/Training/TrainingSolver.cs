using Loadline.Catalog;

namespace Loadline.Prediction;

/// <summary>Largest and smallest setups that fit; each is judged at the expected peak or at the upper end of its interval.</summary>
/// <param name="surely">True to ask that the upper end of the interval fits.</param>
public sealed class TrainingSolver(bool surely = true)
{
    private const int LargestBatch = 1 << 20;
    private const long LongestSequence = 1L << 31;

    public bool Fits(TrainingSetup setup)
    {
        var free = new TrainingMemory(setup.Checked()).FreeBytes;
        return (surely ? free.Low : free.Value) >= 0;
    }

    /// <summary>Most sequences per pass that fit; null when not even one does.</summary>
    public int? LargestMicroBatch(TrainingSetup setup) =>
        (int?)Largest(LargestBatch, batch => Fits(setup with { MicroBatch = (int)batch }));

    /// <summary>Longest sequences that fit; null when not even one token does.</summary>
    public long? LongestSequenceLength(TrainingSetup setup) =>
        Largest(
            LongestSequence,
            length =>
                length >= setup.Parallelism.Context && Fits(setup with { SequenceLength = length, MeanLength = null }),
            setup.Parallelism.Context
        );

    /// <summary>
    /// Fewest data-parallel ranks, in powers of two, over which the job fits when it is sharded; null when it fits on none
    /// up to the limit. The global batch stays as it is where it divides.
    /// </summary>
    public TrainingSetup? SmallestData(TrainingSetup setup, int most = 1024)
    {
        for (var ranks = 1; ranks <= most; ranks *= 2)
        {
            var tried = setup with { Parallelism = setup.Parallelism with { Data = ranks } };
            if (setup.GlobalBatch % ((long)setup.MicroBatch * ranks) == 0)
                tried = tried.WithGlobalBatch(setup.GlobalBatch);
            if (Fits(tried))
                return tried;
        }
        return null;
    }

    /// <summary>The accelerator that takes fewest devices, then the one with least memory; null when none does.</summary>
    public TrainingSetup? SmallestHardware(TrainingSetup setup, IEnumerable<Accelerator> candidates, int most = 1024) =>
        candidates
            .Where(accelerator => TrainingCheck.WhyNot(setup with { Accelerator = accelerator }) is null)
            .Select(accelerator => SmallestData(setup with { Accelerator = accelerator }, most))
            .OfType<TrainingSetup>()
            .OrderBy(found => (double)found.Parallelism.Devices * found.Accelerator.MemoryOnOffer.Bytes)
            .ThenBy(found => found.Accelerator.Id, StringComparer.Ordinal)
            .FirstOrDefault();

    /// <summary>The least recomputation under which the job fits; full checkpointing when none does.</summary>
    public static Checkpointing LeastCheckpointing(TrainingSetup setup)
    {
        foreach (var checkpointing in new[] { Checkpointing.None, Checkpointing.Selective })
        {
            if (new TrainingMemory(setup with { Checkpointing = checkpointing }).Fits)
                return checkpointing;
        }
        return Checkpointing.Full;
    }

    /// <summary>Memory grows with what is asked for, so the largest is bracketed by doubling and then bisected.</summary>
    private static long? Largest(long most, Func<long, bool> fits, long least = 1)
    {
        if (!fits(least))
            return null;
        var low = least;
        var high = low;
        while (high < most && fits(high))
        {
            low = high;
            high = Math.Min(most, high * 2);
        }
        if (fits(high))
            return high;
        while (high - low > 1)
        {
            var middle = low + (high - low) / 2;
            (low, high) = fits(middle) ? (middle, high) : (low, middle);
        }
        return low;
    }
}
