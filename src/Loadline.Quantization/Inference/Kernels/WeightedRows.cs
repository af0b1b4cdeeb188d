using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Loadline.Quantization.Inference;

/// <summary>Sums of value rows weighted by attention, up to four queries at a time.</summary>
/// <remarks>
/// Every number of a result is one sum in the order of the positions, whatever the width of vectors and however many
/// queries run together.
/// </remarks>
internal static unsafe class WeightedRows
{
    /// <summary>out[r] = sum over n of weights[r, n] values[n].</summary>
    /// <param name="weights">First weight of the first query.</param>
    /// <param name="weightStride">Numbers from one query to the next.</param>
    /// <param name="rows">Queries.</param>
    /// <param name="values">First value row.</param>
    /// <param name="valueStride">Numbers from one to the next.</param>
    /// <param name="count">Value rows.</param>
    /// <param name="width">Numbers of a value, a multiple of <see cref="DotTiles.Lanes"/>.</param>
    /// <param name="sums">First result row.</param>
    /// <param name="sumStride">Numbers from one to the next.</param>
    public static void Sum(
        float* weights,
        nint weightStride,
        int rows,
        float* values,
        nint valueStride,
        int count,
        int width,
        float* sums,
        nint sumStride
    )
    {
        for (; rows >= 4; rows -= 4)
        {
            for (var d = 0; d < width; d += DotTiles.Lanes)
                Four(weights, weightStride, values + d, valueStride, count, sums + d, sumStride);
            weights += 4 * weightStride;
            sums += 4 * sumStride;
        }
        for (; rows > 0; rows--)
        {
            for (var d = 0; d < width; d += DotTiles.Lanes)
                One(weights, values + d, valueStride, count, sums + d);
            weights += weightStride;
            sums += sumStride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(
        float* weights,
        nint weightStride,
        float* values,
        nint valueStride,
        int count,
        float* sums,
        nint sumStride
    )
    {
        var (a, b, c, d) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        var second = weights + weightStride;
        var third = second + weightStride;
        var fourth = third + weightStride;
        for (nint n = 0; n < count; n++)
        {
            var value = Vector512.Load(values + n * valueStride);
            a = Vector512.FusedMultiplyAdd(Vector512.Create(weights[n]), value, a);
            b = Vector512.FusedMultiplyAdd(Vector512.Create(second[n]), value, b);
            c = Vector512.FusedMultiplyAdd(Vector512.Create(third[n]), value, c);
            d = Vector512.FusedMultiplyAdd(Vector512.Create(fourth[n]), value, d);
        }
        a.Store(sums);
        b.Store(sums + sumStride);
        c.Store(sums + 2 * sumStride);
        d.Store(sums + 3 * sumStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(float* weights, float* values, nint valueStride, int count, float* sums)
    {
        var sum = Vector512<float>.Zero;
        for (nint n = 0; n < count; n++)
            sum = Vector512.FusedMultiplyAdd(
                Vector512.Create(weights[n]),
                Vector512.Load(values + n * valueStride),
                sum
            );
        sum.Store(sums);
    }
}
