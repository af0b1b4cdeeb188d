using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Loadline.Quantization;

/// <summary>What a group spans, and the group divided by its largest magnitude, so that no sum of squares overflows.</summary>
internal static class GroupRange
{
    /// <summary>2^-120: a group with nothing larger counts as zero, as its reciprocal would overflow.</summary>
    public const float Smallest = 7.52316384526264e-37f;

    /// <summary>2^120: what is larger counts as this, so that no scale times a code overflows.</summary>
    public const float Largest = 1.32922799578491588e36f;

    /// <summary>The finite number, no further than <see cref="Largest"/>, of the largest magnitude in each lane, with its sign; zero when none counts.</summary>
    public static T Peak<T>(ReadOnlySpan<float> numbers)
        where T : struct, ILanes<T>
    {
        ref readonly var number = ref MemoryMarshal.GetReference(numbers);
        var (largest, peak) = (T.All(Smallest), T.All(0));
        for (var i = 0; i < numbers.Length / T.Count; i++)
        {
            var x = T.FiniteOnly(T.Load(in number, i));
            var magnitude = T.Abs(x);
            peak = T.WhereLess(largest, magnitude, x, peak);
            largest = T.Max(largest, magnitude);
        }
        return T.Min(T.Max(peak, T.All(-Largest)), T.All(Largest));
    }

    /// <summary>
    /// Divides by <paramref name="peak"/>. Infinite numbers become 1 or -1, what is not a number zero, and so does all of
    /// a lane whose peak is zero.
    /// </summary>
    public static void Normalise<T>(ReadOnlySpan<float> numbers, T peak, Span<float> normal)
        where T : struct, ILanes<T>
    {
        ref readonly var number = ref MemoryMarshal.GetReference(numbers);
        ref var result = ref MemoryMarshal.GetReference(normal);
        var factor = ReciprocalOf(peak);
        var (low, high) = (T.All(-1), T.All(1));
        for (var i = 0; i < numbers.Length / T.Count; i++)
            T.Min(T.Max(T.NumbersOnly(T.Load(in number, i) * factor), low), high).Store(ref result, i);
    }

    /// <summary>One over a number, and zero over what counts as zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ReciprocalOf<T>(T number)
        where T : struct, ILanes<T> => T.WhereLess(T.All(Smallest), T.Abs(number), T.All(1) / number, T.All(0));
}
