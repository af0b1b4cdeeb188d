using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Loadline.Quantization.Inference;

/// <summary>
/// <see cref="DotTiles"/> with AVX2 and FMA: sixteen partial sums are two vectors, so that one row by four takes
/// eight of the sixteen registers.
/// </summary>
internal static unsafe class DotTiles256
{
    private const int Half = DotTiles.Lanes / 2;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
        for (var i = 0; i < rows; i++)
        {
            var a = right;
            var b = right + rightStride;
            var c = right + 2 * rightStride;
            var d = right + 3 * rightStride;
            var aLow = Vector256<float>.Zero;
            var aHigh = Vector256<float>.Zero;
            var bLow = Vector256<float>.Zero;
            var bHigh = Vector256<float>.Zero;
            var cLow = Vector256<float>.Zero;
            var cHigh = Vector256<float>.Zero;
            var dLow = Vector256<float>.Zero;
            var dHigh = Vector256<float>.Zero;
            for (nint k = 0; k < count; k += DotTiles.Lanes)
            {
                var low = Vector256.Load(left + k);
                var high = Vector256.Load(left + k + Half);
                aLow = Fma.MultiplyAdd(low, Vector256.Load(a + k), aLow);
                aHigh = Fma.MultiplyAdd(high, Vector256.Load(a + k + Half), aHigh);
                bLow = Fma.MultiplyAdd(low, Vector256.Load(b + k), bLow);
                bHigh = Fma.MultiplyAdd(high, Vector256.Load(b + k + Half), bHigh);
                cLow = Fma.MultiplyAdd(low, Vector256.Load(c + k), cLow);
                cHigh = Fma.MultiplyAdd(high, Vector256.Load(c + k + Half), cHigh);
                dLow = Fma.MultiplyAdd(low, Vector256.Load(d + k), dLow);
                dHigh = Fma.MultiplyAdd(high, Vector256.Load(d + k + Half), dHigh);
            }
            var sum = DotTiles.Sum(aLow + aHigh, bLow + bHigh, cLow + cHigh, dLow + dHigh);
            DotTiles.Store(sum, sums, adds);
            left += leftStride;
            sums += sumStride;
        }
    }
}
