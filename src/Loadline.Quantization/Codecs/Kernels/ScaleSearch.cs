using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Loadline.Quantization;

/// <summary>Finds the scale of a group by trying a few.</summary>
/// <remarks>
/// For each of a few scales around the one that just covers the largest number, the codes are the nearest ones, and the
/// scale is then the best for these codes: the weighted least squares through zero. The best of all is kept. The idea is
/// that of ggml's <c>make_qx_quants</c> (ggml-org/ggml, <c>src/ggml-quants.c</c>).
/// </remarks>
internal static class ScaleSearch
{
    /// <summary>The scale, relative to the number that <paramref name="numbers"/> were divided by.</summary>
    /// <param name="numbers">From -1 to 1.</param>
    /// <param name="steps">Reciprocals of the scales tried; an even number of them.</param>
    public static T ScaleOf<T, TLevels>(
        TLevels levels,
        ReadOnlySpan<float> numbers,
        ReadOnlySpan<float> importance,
        ReadOnlySpan<float> steps
    )
        where T : struct, ILanes<T>
        where TLevels : struct, ILevels
    {
        var (best, scale) = (T.All(0), T.All(0));
        // Two at a time, so that one chain of sums does not wait for itself.
        for (var i = 0; i < steps.Length; i += 2)
            Try(levels, numbers, importance, T.All(steps[i]), T.All(steps[i + 1]), ref best, ref scale);
        return scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Try<T, TLevels>(
        TLevels levels,
        ReadOnlySpan<float> numbers,
        ReadOnlySpan<float> importance,
        T firstStep,
        T secondStep,
        ref T best,
        ref T scale
    )
        where T : struct, ILanes<T>
        where TLevels : struct, ILevels
    {
        ref readonly var number = ref MemoryMarshal.GetReference(numbers);
        ref readonly var weight = ref MemoryMarshal.GetReference(importance);
        var (product1, square1, product2, square2) = (T.All(0), T.All(0), T.All(0), T.All(0));
        for (var i = 0; i < numbers.Length / T.Count; i++)
        {
            var x = T.Load(in number, i);
            var level1 = levels.Nearest(x * firstStep);
            var level2 = levels.Nearest(x * secondStep);
            var (weighted1, weighted2) = (level1, level2);
            if (!importance.IsEmpty)
            {
                var w = T.Load(in weight, i);
                (weighted1, weighted2) = (w * level1, w * level2);
            }
            product1 = T.MultiplyAdd(weighted1, x, product1);
            square1 = T.MultiplyAdd(weighted1, level1, square1);
            product2 = T.MultiplyAdd(weighted2, x, product2);
            square2 = T.MultiplyAdd(weighted2, level2, square2);
        }
        Keep(product1, square1, ref best, ref scale);
        Keep(product2, square2, ref best, ref scale);
    }

    /// <summary>The error is the sum of squares less product^2 / square, so the largest of these is the best.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep<T>(T product, T square, ref T best, ref T scale)
        where T : struct, ILanes<T>
    {
        // Where every code is zero this is 0 / 0, which is not better than anything.
        var candidate = product / square;
        var gain = product * candidate;
        scale = T.WhereLess(best, gain, candidate, scale);
        best = T.WhereLess(best, gain, gain, best);
    }
}
