using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Loadline.Quantization;

/// <summary>Brings sixteen groups that follow each other in memory side by side.</summary>
internal static class Transposition
{
    /// <param name="groups">Sixteen groups of <paramref name="length"/> numbers.</param>
    /// <param name="length">A multiple of 16.</param>
    /// <param name="rows">Row i has number i of every group.</param>
    public static void Apply(ReadOnlySpan<float> groups, int length, Span<float> rows)
    {
        ref var from = ref MemoryMarshal.GetReference(groups[..(16 * length)]);
        ref var to = ref MemoryMarshal.GetReference(rows[..(16 * length)]);
        for (var column = 0; column < length; column += 16)
        {
            if (Avx512F.IsSupported)
                Tile(ref Unsafe.Add(ref from, column), length, ref Unsafe.Add(ref to, column * 16));
            else
                PlainTile(ref Unsafe.Add(ref from, column), length, ref Unsafe.Add(ref to, column * 16));
        }
    }

    private static void PlainTile(ref float from, int stride, ref float to)
    {
        for (var group = 0; group < 16; group++)
        for (var i = 0; i < 16; i++)
            Unsafe.Add(ref to, i * 16 + group) = Unsafe.Add(ref from, group * stride + i);
    }

    /// <summary>16 x 16 numbers in four rounds of exchanges: pairs, fours, eights, halves.</summary>
    [SkipLocalsInit]
    private static unsafe void Tile(ref float from, int stride, ref float to)
    {
        var even = stackalloc Vector512<float>[16];
        var odd = stackalloc Vector512<float>[16];
        for (var i = 0; i < 16; i += 2)
        {
            var upper = Vector512.LoadUnsafe(ref from, (nuint)(i * stride));
            var lower = Vector512.LoadUnsafe(ref from, (nuint)((i + 1) * stride));
            even[i] = Avx512F.UnpackLow(upper, lower);
            even[i + 1] = Avx512F.UnpackHigh(upper, lower);
        }
        for (var i = 0; i < 16; i += 4)
        {
            var (a, b, c, d) = (
                even[i].AsDouble(),
                even[i + 1].AsDouble(),
                even[i + 2].AsDouble(),
                even[i + 3].AsDouble()
            );
            odd[i] = Avx512F.UnpackLow(a, c).AsSingle();
            odd[i + 1] = Avx512F.UnpackHigh(a, c).AsSingle();
            odd[i + 2] = Avx512F.UnpackLow(b, d).AsSingle();
            odd[i + 3] = Avx512F.UnpackHigh(b, d).AsSingle();
        }
        // Now each quarter register k of odd[4 g + j] has column 4 k + j of the groups 4 g to 4 g + 3.
        for (var j = 0; j < 4; j++)
        {
            var (a, b, c, d) = (odd[j], odd[4 + j], odd[8 + j], odd[12 + j]);
            var (ab02, ab13) = (Avx512F.Shuffle4x128(a, b, 0x88), Avx512F.Shuffle4x128(a, b, 0xDD));
            var (cd02, cd13) = (Avx512F.Shuffle4x128(c, d, 0x88), Avx512F.Shuffle4x128(c, d, 0xDD));
            Avx512F.Shuffle4x128(ab02, cd02, 0x88).StoreUnsafe(ref to, (nuint)(j * 16));
            Avx512F.Shuffle4x128(ab13, cd13, 0x88).StoreUnsafe(ref to, (nuint)((4 + j) * 16));
            Avx512F.Shuffle4x128(ab02, cd02, 0xDD).StoreUnsafe(ref to, (nuint)((8 + j) * 16));
            Avx512F.Shuffle4x128(ab13, cd13, 0xDD).StoreUnsafe(ref to, (nuint)((12 + j) * 16));
        }
    }
}
