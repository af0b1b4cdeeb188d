using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Loadline.Quantization.Inference;

/// <summary>
/// <see cref="DotTiles"/> with AVX-512. Six rows by four keep 24 sums in registers and load ten vectors for 24
/// multiply-adds, which two loads and two multiply-adds per cycle do without waiting; the sums are independent, so that
/// the latency of four cycles is hidden.
/// </summary>
internal static unsafe class DotTiles512
{
    public static void Multiply(
        float* left,
        nint leftStride,
        int rows,
        float* right,
        nint rightStride,
        nint count,
        float* sums,
        nint sumStride,
        bool adds
    )
    {
        while (rows > 0)
        {
            var taken =
                rows >= 6 ? 6
                : rows >= 4 ? 4
                : rows >= 2 ? 2
                : 1;
            switch (taken)
            {
                case 6:
                    Six(left, leftStride, right, rightStride, count, sums, sumStride, adds);
                    break;
                case 4:
                    Four(left, leftStride, right, rightStride, count, sums, sumStride, adds);
                    break;
                case 2:
                    Two(left, leftStride, right, rightStride, count, sums, sumStride, adds);
                    break;
                default:
                    One(left, right, rightStride, count, sums, adds);
                    break;
            }
            left += taken * leftStride;
            sums += taken * sumStride;
            rows -= taken;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Six(
        float* left,
        nint leftStride,
        float* right,
        nint rightStride,
        nint count,
        float* sums,
        nint sumStride,
        bool adds
    )
    {
        var a0 = Vector512<float>.Zero;
        var b0 = Vector512<float>.Zero;
        var c0 = Vector512<float>.Zero;
        var d0 = Vector512<float>.Zero;
        var a1 = Vector512<float>.Zero;
        var b1 = Vector512<float>.Zero;
        var c1 = Vector512<float>.Zero;
        var d1 = Vector512<float>.Zero;
        var a2 = Vector512<float>.Zero;
        var b2 = Vector512<float>.Zero;
        var c2 = Vector512<float>.Zero;
        var d2 = Vector512<float>.Zero;
        var a3 = Vector512<float>.Zero;
        var b3 = Vector512<float>.Zero;
        var c3 = Vector512<float>.Zero;
        var d3 = Vector512<float>.Zero;
        var a4 = Vector512<float>.Zero;
        var b4 = Vector512<float>.Zero;
        var c4 = Vector512<float>.Zero;
        var d4 = Vector512<float>.Zero;
        var a5 = Vector512<float>.Zero;
        var b5 = Vector512<float>.Zero;
        var c5 = Vector512<float>.Zero;
        var d5 = Vector512<float>.Zero;
        var left1 = left + leftStride;
        var left2 = left + 2 * leftStride;
        var left3 = left + 3 * leftStride;
        var left4 = left + 4 * leftStride;
        var left5 = left + 5 * leftStride;
        var b = right + rightStride;
        var c = right + 2 * rightStride;
        var d = right + 3 * rightStride;
        for (nint k = 0; k < count; k += DotTiles.Lanes)
        {
            var wa = Vector512.Load(right + k);
            var wb = Vector512.Load(b + k);
            var wc = Vector512.Load(c + k);
            var wd = Vector512.Load(d + k);
            var x0 = Vector512.Load(left + k);
            a0 = Vector512.FusedMultiplyAdd(x0, wa, a0);
            b0 = Vector512.FusedMultiplyAdd(x0, wb, b0);
            c0 = Vector512.FusedMultiplyAdd(x0, wc, c0);
            d0 = Vector512.FusedMultiplyAdd(x0, wd, d0);
            var x1 = Vector512.Load(left1 + k);
            a1 = Vector512.FusedMultiplyAdd(x1, wa, a1);
            b1 = Vector512.FusedMultiplyAdd(x1, wb, b1);
            c1 = Vector512.FusedMultiplyAdd(x1, wc, c1);
            d1 = Vector512.FusedMultiplyAdd(x1, wd, d1);
            var x2 = Vector512.Load(left2 + k);
            a2 = Vector512.FusedMultiplyAdd(x2, wa, a2);
            b2 = Vector512.FusedMultiplyAdd(x2, wb, b2);
            c2 = Vector512.FusedMultiplyAdd(x2, wc, c2);
            d2 = Vector512.FusedMultiplyAdd(x2, wd, d2);
            var x3 = Vector512.Load(left3 + k);
            a3 = Vector512.FusedMultiplyAdd(x3, wa, a3);
            b3 = Vector512.FusedMultiplyAdd(x3, wb, b3);
            c3 = Vector512.FusedMultiplyAdd(x3, wc, c3);
            d3 = Vector512.FusedMultiplyAdd(x3, wd, d3);
            var x4 = Vector512.Load(left4 + k);
            a4 = Vector512.FusedMultiplyAdd(x4, wa, a4);
            b4 = Vector512.FusedMultiplyAdd(x4, wb, b4);
            c4 = Vector512.FusedMultiplyAdd(x4, wc, c4);
            d4 = Vector512.FusedMultiplyAdd(x4, wd, d4);
            var x5 = Vector512.Load(left5 + k);
            a5 = Vector512.FusedMultiplyAdd(x5, wa, a5);
            b5 = Vector512.FusedMultiplyAdd(x5, wb, b5);
            c5 = Vector512.FusedMultiplyAdd(x5, wc, c5);
            d5 = Vector512.FusedMultiplyAdd(x5, wd, d5);
        }
        DotTiles.Store(Sum(a0, b0, c0, d0), sums, adds);
        DotTiles.Store(Sum(a1, b1, c1, d1), sums + sumStride, adds);
        DotTiles.Store(Sum(a2, b2, c2, d2), sums + 2 * sumStride, adds);
        DotTiles.Store(Sum(a3, b3, c3, d3), sums + 3 * sumStride, adds);
        DotTiles.Store(Sum(a4, b4, c4, d4), sums + 4 * sumStride, adds);
        DotTiles.Store(Sum(a5, b5, c5, d5), sums + 5 * sumStride, adds);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Four(
        float* left,
        nint leftStride,
        float* right,
        nint rightStride,
        nint count,
        float* sums,
        nint sumStride,
        bool adds
    )
    {
        var a0 = Vector512<float>.Zero;
        var b0 = Vector512<float>.Zero;
        var c0 = Vector512<float>.Zero;
        var d0 = Vector512<float>.Zero;
        var a1 = Vector512<float>.Zero;
        var b1 = Vector512<float>.Zero;
        var c1 = Vector512<float>.Zero;
        var d1 = Vector512<float>.Zero;
        var a2 = Vector512<float>.Zero;
        var b2 = Vector512<float>.Zero;
        var c2 = Vector512<float>.Zero;
        var d2 = Vector512<float>.Zero;
        var a3 = Vector512<float>.Zero;
        var b3 = Vector512<float>.Zero;
        var c3 = Vector512<float>.Zero;
        var d3 = Vector512<float>.Zero;
        var left1 = left + leftStride;
        var left2 = left + 2 * leftStride;
        var left3 = left + 3 * leftStride;
        var b = right + rightStride;
        var c = right + 2 * rightStride;
        var d = right + 3 * rightStride;
        for (nint k = 0; k < count; k += DotTiles.Lanes)
        {
            var wa = Vector512.Load(right + k);
            var wb = Vector512.Load(b + k);
            var wc = Vector512.Load(c + k);
            var wd = Vector512.Load(d + k);
            var x0 = Vector512.Load(left + k);
            a0 = Vector512.FusedMultiplyAdd(x0, wa, a0);
            b0 = Vector512.FusedMultiplyAdd(x0, wb, b0);
            c0 = Vector512.FusedMultiplyAdd(x0, wc, c0);
            d0 = Vector512.FusedMultiplyAdd(x0, wd, d0);
            var x1 = Vector512.Load(left1 + k);
            a1 = Vector512.FusedMultiplyAdd(x1, wa, a1);
            b1 = Vector512.FusedMultiplyAdd(x1, wb, b1);
            c1 = Vector512.FusedMultiplyAdd(x1, wc, c1);
            d1 = Vector512.FusedMultiplyAdd(x1, wd, d1);
            var x2 = Vector512.Load(left2 + k);
            a2 = Vector512.FusedMultiplyAdd(x2, wa, a2);
            b2 = Vector512.FusedMultiplyAdd(x2, wb, b2);
            c2 = Vector512.FusedMultiplyAdd(x2, wc, c2);
            d2 = Vector512.FusedMultiplyAdd(x2, wd, d2);
            var x3 = Vector512.Load(left3 + k);
            a3 = Vector512.FusedMultiplyAdd(x3, wa, a3);
            b3 = Vector512.FusedMultiplyAdd(x3, wb, b3);
            c3 = Vector512.FusedMultiplyAdd(x3, wc, c3);
            d3 = Vector512.FusedMultiplyAdd(x3, wd, d3);
        }
        DotTiles.Store(Sum(a0, b0, c0, d0), sums, adds);
        DotTiles.Store(Sum(a1, b1, c1, d1), sums + sumStride, adds);
        DotTiles.Store(Sum(a2, b2, c2, d2), sums + 2 * sumStride, adds);
        DotTiles.Store(Sum(a3, b3, c3, d3), sums + 3 * sumStride, adds);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Two(
        float* left,
        nint leftStride,
        float* right,
        nint rightStride,
        nint count,
        float* sums,
        nint sumStride,
        bool adds
    )
    {
        var a0 = Vector512<float>.Zero;
        var b0 = Vector512<float>.Zero;
        var c0 = Vector512<float>.Zero;
        var d0 = Vector512<float>.Zero;
        var a1 = Vector512<float>.Zero;
        var b1 = Vector512<float>.Zero;
        var c1 = Vector512<float>.Zero;
        var d1 = Vector512<float>.Zero;
        var left1 = left + leftStride;
        var b = right + rightStride;
        var c = right + 2 * rightStride;
        var d = right + 3 * rightStride;
        for (nint k = 0; k < count; k += DotTiles.Lanes)
        {
            var wa = Vector512.Load(right + k);
            var wb = Vector512.Load(b + k);
            var wc = Vector512.Load(c + k);
            var wd = Vector512.Load(d + k);
            var x0 = Vector512.Load(left + k);
            a0 = Vector512.FusedMultiplyAdd(x0, wa, a0);
            b0 = Vector512.FusedMultiplyAdd(x0, wb, b0);
            c0 = Vector512.FusedMultiplyAdd(x0, wc, c0);
            d0 = Vector512.FusedMultiplyAdd(x0, wd, d0);
            var x1 = Vector512.Load(left1 + k);
            a1 = Vector512.FusedMultiplyAdd(x1, wa, a1);
            b1 = Vector512.FusedMultiplyAdd(x1, wb, b1);
            c1 = Vector512.FusedMultiplyAdd(x1, wc, c1);
            d1 = Vector512.FusedMultiplyAdd(x1, wd, d1);
        }
        DotTiles.Store(Sum(a0, b0, c0, d0), sums, adds);
        DotTiles.Store(Sum(a1, b1, c1, d1), sums + sumStride, adds);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void One(float* left, float* right, nint rightStride, nint count, float* sums, bool adds)
    {
        var a0 = Vector512<float>.Zero;
        var b0 = Vector512<float>.Zero;
        var c0 = Vector512<float>.Zero;
        var d0 = Vector512<float>.Zero;
        var b = right + rightStride;
        var c = right + 2 * rightStride;
        var d = right + 3 * rightStride;
        for (nint k = 0; k < count; k += DotTiles.Lanes)
        {
            var wa = Vector512.Load(right + k);
            var wb = Vector512.Load(b + k);
            var wc = Vector512.Load(c + k);
            var wd = Vector512.Load(d + k);
            var x0 = Vector512.Load(left + k);
            a0 = Vector512.FusedMultiplyAdd(x0, wa, a0);
            b0 = Vector512.FusedMultiplyAdd(x0, wb, b0);
            c0 = Vector512.FusedMultiplyAdd(x0, wc, c0);
            d0 = Vector512.FusedMultiplyAdd(x0, wd, d0);
        }
        DotTiles.Store(Sum(a0, b0, c0, d0), sums, adds);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Sum(
        Vector512<float> a,
        Vector512<float> b,
        Vector512<float> c,
        Vector512<float> d
    ) =>
        DotTiles.Sum(
            a.GetLower() + a.GetUpper(),
            b.GetLower() + b.GetUpper(),
            c.GetLower() + c.GetUpper(),
            d.GetLower() + d.GetUpper()
        );
}
