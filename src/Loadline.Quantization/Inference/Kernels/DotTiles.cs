using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Loadline.Quantization.Inference;

/// <summary>
/// Inner products of a few rows with four others, in an order of operations that is fixed: product i goes to partial
/// sum i mod 16 by fused multiply-add, and the sixteen are added as a tree. So every path gives the same bits, and a
/// result does not depend on how many rows were multiplied at once.
/// </summary>
/// <remarks>
/// Both operands lie row by row with the inner dimension contiguous, so nothing is repacked. All tiles add to what is
/// in <c>sums</c> or overwrite it, as asked.
/// </remarks>
internal static unsafe class DotTiles
{
    /// <summary>Partial sums, and what the inner dimension is padded to with zeros.</summary>
    public const int Lanes = 16;

    /// <summary>Rows of the right-hand side of a tile.</summary>
    public const int Width = 4;

    public static int Padded(int count) => (count + Lanes - 1) / Lanes * Lanes;

    /// <summary>Which of the twins runs.</summary>
    public enum Path
    {
        Avx512,
        Avx2,
        Portable,
    }

    public static Path Best { get; } =
        Avx512F.IsSupported ? Path.Avx512
        : Fma.IsSupported ? Path.Avx2
        : Path.Portable;

    /// <summary>sums[i, j] = (adds ? sums[i, j] : 0) + left[i] . right[j] for every i and four j.</summary>
    /// <param name="path">One that the processor has.</param>
    /// <param name="left">First of the rows on the left.</param>
    /// <param name="leftStride">Numbers from one of them to the next.</param>
    /// <param name="rows">How many there are.</param>
    /// <param name="right">First of four rows on the right.</param>
    /// <param name="rightStride">Numbers from one of them to the next.</param>
    /// <param name="count">Numbers of a row, a multiple of <see cref="Lanes"/>.</param>
    /// <param name="sums">First of the results, four for every row on the left.</param>
    /// <param name="sumStride">Numbers from those of one row to those of the next.</param>
    /// <param name="adds">Whether to add to what is there.</param>
    public static void Multiply(
        Path path,
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
        switch (path)
        {
            case Path.Avx512:
                DotTiles512.Multiply(left, leftStride, rows, right, rightStride, count, sums, sumStride, adds);
                break;
            case Path.Avx2:
                DotTiles256.Multiply(left, leftStride, rows, right, rightStride, count, sums, sumStride, adds);
                break;
            default:
                Portable(left, leftStride, rows, right, rightStride, count, sums, sumStride, adds);
                break;
        }
    }

    /// <summary>The scalar twin, which is also what other processors run.</summary>
    private static void Portable(
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
        var partial = stackalloc float[Lanes];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < Width; j++)
            {
                var a = left + i * leftStride;
                var b = right + j * rightStride;
                new Span<float>(partial, Lanes).Clear();
                for (nint k = 0; k < count; k += Lanes)
                {
                    for (var lane = 0; lane < Lanes; lane++)
                        partial[lane] = MathF.FusedMultiplyAdd(a[k + lane], b[k + lane], partial[lane]);
                }
                for (var half = Lanes / 2; half > 0; half /= 2)
                {
                    for (var lane = 0; lane < half; lane++)
                        partial[lane] += partial[lane + half];
                }
                var sum = sums + i * sumStride + j;
                *sum = adds ? *sum + partial[0] : partial[0];
            }
        }
    }

    /// <summary>The sums of four vectors, each in halves that are halved again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sum(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        var a4 = a.GetLower() + a.GetUpper();
        var b4 = b.GetLower() + b.GetUpper();
        var c4 = c.GetLower() + c.GetUpper();
        var d4 = d.GetLower() + d.GetUpper();
        var ab = Sse.UnpackLow(a4, b4) + Sse.UnpackHigh(a4, b4);
        var cd = Sse.UnpackLow(c4, d4) + Sse.UnpackHigh(c4, d4);
        return Sse.MoveLowToHigh(ab, cd) + Sse.MoveHighToLow(cd, ab);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> sum, float* place, bool adds) =>
        (adds ? Vector128.Load(place) + sum : sum).Store(place);
}
