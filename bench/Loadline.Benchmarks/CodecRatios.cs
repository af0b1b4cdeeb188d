using System.Diagnostics;
using System.Runtime.InteropServices;
using Loadline.Models;
using Loadline.Quantization;

namespace Loadline.Benchmarks;

/// <summary>
/// How fast weights are encoded, against what the same machine does in the same run: a plain read of memory, and ggml's
/// own quantization. Best of many short runs, because the machine may be shared.
/// </summary>
internal static class CodecRatios
{
    private const int Rows = 4096;
    private const int Columns = 4096;
    private const int Runs = 15;

    /// <summary>Rows timed at once: well under a time slice of the operating system, so that some run is left alone.</summary>
    private const int Slice = 128;

    public static int Print()
    {
        var numbers = Weights(Rows * Columns);
        var halves = Narrow(numbers);
        var bandwidth =
            4.0 * numbers.Length / BestOfSlices(first => Read(numbers.AsSpan(first * Columns, Slice * Columns))) / 1e9;
        Console.WriteLine($"{Rows} x {Columns} normal weights, best of {Runs}, one thread");
        Console.WriteLine($"plain read of fp32: {bandwidth:F1} GB/s");
        PrintBandwidths(numbers, halves, bandwidth);
        PrintDecoding(numbers);
        PrintThreads(numbers);
        PrintAgainstGgml(numbers[..(128 * Columns)]);
        return 0;
    }

    private static void PrintBandwidths(float[] numbers, ushort[] halves, double bandwidth)
    {
        Console.WriteLine();
        Console.WriteLine("format          fp32 GB/s  of read   bf16 GB/s  of read   (input bytes)");
        foreach (var name in MatrixCodecs.Names)
        {
            var codec = MatrixCodecs.Find(name)!;
            var parts = Enumerable.Range(0, Rows / Slice).Select(_ => PartsOf(codec)).ToArray();
            var top = 0;
            MatrixRows wide = (first, rows) => numbers.AsSpan((top + (int)first) * Columns, rows.Length).CopyTo(rows);
            MatrixHalves narrow = (first, rows) =>
                halves.AsSpan((top + (int)first) * Columns, rows.Length).CopyTo(rows);
            PrintLine(
                name,
                bandwidth,
                first => codec.Encode(wide, Slice, Columns, [], parts[(top = first) / Slice]),
                first => codec.EncodeBf16(narrow, Slice, Columns, [], parts[(top = first) / Slice])
            );
        }
        foreach (var name in BlockCodecs.Writable)
        {
            var format = BlockFormats.ByName[name];
            var codec = BlockCodecs.Find(format)!;
            var rowBytes = (int)format.SizeOf(1, Columns).Bytes;
            var blocks = new byte[rowBytes * Rows];
            PrintLine(
                name,
                bandwidth,
                first =>
                {
                    for (var i = first; i < first + Slice; i++)
                        codec.Encode(numbers.AsSpan(i * Columns, Columns), blocks.AsSpan(i * rowBytes, rowBytes), []);
                },
                first =>
                {
                    for (var i = first; i < first + Slice; i++)
                        codec.EncodeBf16(
                            halves.AsSpan(i * Columns, Columns),
                            blocks.AsSpan(i * rowBytes, rowBytes),
                            []
                        );
                }
            );
        }
    }

    private static void PrintLine(string name, double bandwidth, Action<int> wide, Action<int> narrow)
    {
        const double Numbers = (double)Rows * Columns;
        var (fp32, bf16) = (4 * Numbers / BestOfSlices(wide) / 1e9, 2 * Numbers / BestOfSlices(narrow) / 1e9);
        Console.WriteLine(
            $"{name, -15} {fp32, 9:F2} {100 * fp32 / bandwidth, 7:F0}%   {bf16, 9:F2} {100 * bf16 / bandwidth, 7:F0}%"
        );
    }

    private static void PrintDecoding(float[] numbers)
    {
        Console.WriteLine();
        Console.WriteLine("decoded         Mnumbers/s");
        var back = new float[Columns];
        foreach (var name in BlockCodecs.Writable)
        {
            var format = BlockFormats.ByName[name];
            var codec = BlockCodecs.Find(format)!;
            var blocks = new byte[format.SizeOf(1, Columns).Bytes];
            codec.Encode(numbers.AsSpan(0, Columns), blocks, []);
            var seconds = Best(() =>
            {
                for (var i = 0; i < 256; i++)
                    codec.Decode(blocks, back);
            });
            Console.WriteLine($"{name, -15} {256.0 * Columns / seconds / 1e6, 10:F0}");
        }
    }

    private static void PrintThreads(float[] numbers)
    {
        Console.WriteLine();
        Console.WriteLine("two threads against one");
        foreach (var name in (string[])["Q8_0", "Q4_0", "Q4_K", "Q6_K"])
        {
            var format = BlockFormats.ByName[name];
            var codec = BlockCodecs.Find(format)!;
            var rowBytes = (int)format.SizeOf(1, Columns).Bytes;
            var blocks = new byte[rowBytes * Rows];
            void Encode(int from, int to)
            {
                for (var i = from; i < to; i++)
                    codec.Encode(numbers.AsSpan(i * Columns, Columns), blocks.AsSpan(i * rowBytes, rowBytes), []);
            }
            var one = Best(() => Encode(0, Rows));
            var two = Best(() => Parallel.For(0, 2, half => Encode(half * Rows / 2, (half + 1) * Rows / 2)));
            Console.WriteLine($"{name, -15} {one / two:F2}x");
        }
    }

    private static void PrintAgainstGgml(float[] numbers)
    {
        Console.WriteLine();
        if (Ggml.Load() is not { } ggml)
        {
            Console.WriteLine("ggml: not measured, LOADLINE_GGML names no library");
            return;
        }
        Console.WriteLine("against ggml    speed    Mnumbers/s   error, plain         error, ggml's weights");
        foreach (var name in (string[])["Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "mxfp4"])
        {
            var format = BlockFormats.ByName[name];
            var codec = BlockCodecs.Find(format)!;
            var rowBytes = (int)format.SizeOf(1, Columns).Bytes;
            var (ours, theirs) = (
                new byte[rowBytes * (numbers.Length / Columns)],
                new byte[rowBytes * (numbers.Length / Columns)]
            );
            var (fast, slow) = (double.MaxValue, double.MaxValue);
            for (var i = 0; i < 4 * Runs; i++)
            {
                fast = Math.Min(fast, Once(() => codec.Encode(numbers, ours, [])));
                slow = Math.Min(slow, Once(() => ggml.Quantize(format, numbers, Columns, theirs)));
            }
            var (plain, weighted) = ErrorsOf(codec, numbers, ours);
            var (plainTheirs, weightedTheirs) = ErrorsOf(codec, numbers, theirs);
            Console.WriteLine(
                $"{name, -15} {slow / fast, 5:F1}x {numbers.Length / fast / 1e6, 12:F0}   "
                    + $"{plain:E3}/{plainTheirs:E3}  {weighted:E3}/{weightedTheirs:E3}"
            );
        }
    }

    /// <summary>
    /// The mean square of what is lost, relative to the mean square of the weights: counted alike, and with the weights that
    /// ggml's Q4_K search takes without data, |x| plus the root mean square of 32 numbers.
    /// </summary>
    private static (double Plain, double Weighted) ErrorsOf(BlockCodec codec, float[] numbers, byte[] blocks)
    {
        var back = new float[numbers.Length];
        codec.Decode(blocks, back);
        var (lost, total, weightedLost, weightedTotal) = (0.0, 0.0, 0.0, 0.0);
        for (var start = 0; start < numbers.Length; start += 32)
        {
            var square = 0.0;
            for (var i = start; i < start + 32; i++)
                square += (double)numbers[i] * numbers[i];
            var root = Math.Sqrt(square / 32);
            for (var i = start; i < start + 32; i++)
            {
                var (x, error) = ((double)numbers[i], (double)numbers[i] - back[i]);
                var weight = root + Math.Abs(x);
                (lost, total) = (lost + error * error, total + x * x);
                (weightedLost, weightedTotal) = (weightedLost + weight * error * error, weightedTotal + weight * x * x);
            }
        }
        return (lost / total, weightedLost / weightedTotal);
    }

    private static float[] Weights(int count)
    {
        var random = new Random(20261124);
        var numbers = new float[count];
        for (var i = 0; i < count; i += 2)
        {
            var radius = 0.02 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            var (sin, cos) = Math.SinCos(2 * Math.PI * random.NextDouble());
            (numbers[i], numbers[i + 1]) = ((float)(radius * sin), (float)(radius * cos));
        }
        return numbers;
    }

    private static ushort[] Narrow(float[] numbers)
    {
        var halves = new ushort[numbers.Length];
        BlockCodecs.Find(BlockFormats.Bf16)!.Encode(numbers, MemoryMarshal.AsBytes(halves.AsSpan()), []);
        return halves;
    }

    private static void Read(ReadOnlySpan<float> numbers)
    {
        if (Peaks.Of(numbers) < 0)
            throw new UnreachableException();
    }

    private static Memory<byte>[] PartsOf(MatrixCodec codec) =>
        [.. codec.PartsOf(Slice, Columns).Select(part => new Memory<byte>(new byte[part.Bytes]))];

    /// <summary>The sum of the best times of all slices; each walk goes through all of memory.</summary>
    private static double BestOfSlices(Action<int> slice)
    {
        var best = new double[Rows / Slice];
        Array.Fill(best, double.MaxValue);
        var since = Stopwatch.GetTimestamp();
        for (var run = 0; run < Runs || Stopwatch.GetElapsedTime(since).TotalSeconds < 0.8; run++)
        for (var i = 0; i < best.Length; i++)
        {
            var first = i * Slice;
            best[i] = Math.Min(best[i], Once(() => slice(first)));
        }
        return best.Sum();
    }

    private static double Best(Action action)
    {
        // The first runs are not the compiler's last word on the code.
        var best = double.MaxValue;
        var since = Stopwatch.GetTimestamp();
        for (var i = 0; i < Runs || Stopwatch.GetElapsedTime(since).TotalSeconds < 0.5; i++)
            best = Math.Min(best, Once(action));
        return best;
    }

    private static double Once(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
