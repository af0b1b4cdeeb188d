using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Sequences that fit at a context.</summary>
public readonly record struct ContextPoint(long Context, Estimate MaximumConcurrency);

/// <summary>Context against concurrency: what a longer context costs in sequences that run together.</summary>
public static class ContextCurve
{
    private const long Shortest = 1024;

    /// <summary>Contexts in powers of two up to the model's own, and that one.</summary>
    public static ImmutableArray<ContextPoint> Of(ServingMemory memory, long longest)
    {
        var points = ImmutableArray.CreateBuilder<ContextPoint>();
        for (var context = Math.Min(Shortest, longest); ; context = Math.Min(context * 2, longest))
        {
            points.Add(new ContextPoint(context, memory.MaximumConcurrency(context)));
            if (context == longest)
                return points.ToImmutable();
        }
    }
}
