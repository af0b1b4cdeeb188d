using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Loadline.Models;
using Loadline.Quantization;
using Loadline.Quantization.Inference;

namespace Loadline.Benchmarks;

/// <summary>
/// The matrix product against the peak of one core and against OpenBLAS, all in one run: other work on the machine slows
/// them alike, and the best of many tries is what each can do.
/// </summary>
internal static unsafe class GemmRatios
{
    private const int Seconds = 2;

    private static readonly (int Rows, int Size)[] Shapes =
    [
        (512, 512),
        (1024, 1024),
        (2048, 2048),
        (4096, 4096),
        (1, 4096),
        (2, 4096),
        (4, 4096),
        (8, 4096),
        (16, 4096),
        (64, 4096),
    ];

    /// <summary>Run with OPENBLAS_NUM_THREADS=1, or the comparison is of more than one core.</summary>
    public static int Print(string? filter)
    {
        Console.WriteLine($"path {DotTiles.Best}");
        Console.WriteLine("rows x inputs x outputs   GFLOP/s   of peak   OpenBLAS   ratio   bf16 GFLOP/s");
        var blas = OpenBlas.Load();
        foreach (var (rows, size) in Shapes)
        {
            if (filter is null || filter == $"{rows}")
                Compare(rows, size, blas);
        }
        return 0;
    }

    private static void Compare(int rows, int size, OpenBlas? blas)
    {
        var fp32 = new Operands(rows, size, BlockFormats.Fp32);
        var bf16 = new Operands(rows, size, BlockFormats.Bf16);
        var work = 2.0 * rows * size * size;
        var (own, half, other, peak) = (0.0, 0.0, 0.0, 0.0);
        var clock = Stopwatch.StartNew();
        // Turn and turn about, so that all see the same machine.
        for (var turn = 0; turn < 5 || clock.Elapsed.TotalSeconds < Seconds * 4; turn++)
        {
            own = Math.Max(own, work / Time(fp32.Multiply));
            half = Math.Max(half, work / Time(bf16.Multiply));
            if (blas is not null)
                other = Math.Max(other, work / Time(() => fp32.Multiply(blas)));
            peak = Math.Max(peak, PeakFlops());
        }
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{rows, 4} x {size, 4} x {size, 4}   {own / 1e9, 12:F1} {own / peak, 9:P1} {other / 1e9, 10:F1} {own / other, 7:F2} {half / 1e9, 14:F1}   peak {peak / 1e9:F1}"
            )
        );
        fp32.Dispose();
        bf16.Dispose();
    }

    private static double Time(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double PeakFlops()
    {
        const int Steps = 200_000;
        using var sum = new FloatRows(1, Vector512<float>.Count);
        var seconds = Time(() => MultiplyAdd(Steps, (Vector512<float>*)sum.Start));
        return 12.0 * 2 * Vector512<float>.Count * Steps / seconds;
    }

    /// <summary>Multiply-adds that wait for nothing: twelve sums, no memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void MultiplyAdd(int steps, Vector512<float>* sum)
    {
        var x = Vector512.Create(0.999f);
        var y = Vector512.Create(1e-3f);
        Vector512<float> a = x,
            b = x,
            c = x,
            d = x,
            e = x,
            f = x,
            g = x,
            h = x,
            i = x,
            j = x,
            k = x,
            l = x;
        for (var step = 0; step < steps; step++)
        {
            a = Vector512.FusedMultiplyAdd(x, y, a);
            b = Vector512.FusedMultiplyAdd(x, y, b);
            c = Vector512.FusedMultiplyAdd(x, y, c);
            d = Vector512.FusedMultiplyAdd(x, y, d);
            e = Vector512.FusedMultiplyAdd(x, y, e);
            f = Vector512.FusedMultiplyAdd(x, y, f);
            g = Vector512.FusedMultiplyAdd(x, y, g);
            h = Vector512.FusedMultiplyAdd(x, y, h);
            i = Vector512.FusedMultiplyAdd(x, y, i);
            j = Vector512.FusedMultiplyAdd(x, y, j);
            k = Vector512.FusedMultiplyAdd(x, y, k);
            l = Vector512.FusedMultiplyAdd(x, y, l);
        }
        *sum = a + b + c + d + e + f + g + h + i + j + k + l;
    }

    /// <summary>Random numbers in the shapes to multiply.</summary>
    private sealed class Operands : IDisposable
    {
        private readonly FloatRows x;
        private readonly FloatRows y;
        private readonly AlignedMemory memory;
        private readonly BlockMatrix weights;
        private readonly MatrixProduct product = new(threads: 1);

        public Operands(int rows, int size, BlockFormat format)
        {
            var random = new Random(rows + size);
            x = new FloatRows(rows, size);
            y = new FloatRows(rows, size);
            for (var row = 0; row < rows; row++)
                Fill(random, x.Row(row));
            var codec = BlockCodecs.Find(format)!;
            memory = new AlignedMemory(format.SizeOf(size, size).Bytes);
            var numbers = new float[size];
            var rowBytes = (int)format.SizeOf(1, size).Bytes;
            for (var row = 0; row < size; row++)
            {
                Fill(random, numbers);
                codec.Encode(numbers, memory.Slice((long)row * rowBytes, rowBytes), []);
            }
            weights = new BlockMatrix(memory, 0, codec, size, size);
        }

        public void Multiply() => product.Multiply(x.Start, x.Stride, x.Rows, weights, y.Start, y.Stride);

        public void Multiply(OpenBlas blas) =>
            blas.Multiply(
                x.Start,
                x.Stride,
                x.Rows,
                (float*)memory.Start,
                weights.Columns,
                weights.Rows,
                y.Start,
                y.Stride
            );

        public void Dispose()
        {
            x.Dispose();
            y.Dispose();
            memory.Dispose();
            product.Dispose();
        }

        private static void Fill(Random random, Span<float> numbers)
        {
            foreach (ref var number in numbers)
                number = random.NextSingle() - 0.5f;
        }
    }

    /// <summary>cblas_sgemm of the library that the system has.</summary>
    private sealed class OpenBlas
    {
        private const int RowMajor = 101;
        private const int Plain = 111;
        private const int Transposed = 112;

        private readonly delegate* unmanaged<
            int,
            int,
            int,
            int,
            int,
            int,
            float,
            float*,
            int,
            float*,
            int,
            float,
            float*,
            int,
            void> gemm;

        private OpenBlas(nint gemm) =>
            this.gemm = (delegate* unmanaged<
                int,
                int,
                int,
                int,
                int,
                int,
                float,
                float*,
                int,
                float*,
                int,
                float,
                float*,
                int,
                void>)gemm;

        public static OpenBlas? Load()
        {
            foreach (var name in (ReadOnlySpan<string>)["libopenblas.so.0", "libopenblas.so", "libopenblas"])
            {
                if (!NativeLibrary.TryLoad(name, out var library))
                    continue;
                if (NativeLibrary.TryGetExport(library, "openblas_get_config", out var config))
                    Console.WriteLine(Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)config)()));
                if (NativeLibrary.TryGetExport(library, "openblas_get_corename", out var core))
                    Console.WriteLine(Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)core)()));
                if (NativeLibrary.TryGetExport(library, "openblas_set_num_threads", out var threads))
                    ((delegate* unmanaged<int, void>)threads)(1);
                return new OpenBlas(NativeLibrary.GetExport(library, "cblas_sgemm"));
            }
            Console.WriteLine("no OpenBLAS: apt-get install libopenblas0-pthread");
            return null;
        }

        public void Multiply(
            float* x,
            int xStride,
            int rows,
            float* w,
            int inputs,
            int outputs,
            float* y,
            int yStride
        ) => gemm(RowMajor, Plain, Transposed, rows, outputs, inputs, 1, x, xStride, w, inputs, 0, y, yStride);
    }
}
