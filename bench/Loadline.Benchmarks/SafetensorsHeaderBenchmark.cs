using System.Diagnostics;
using System.Text;
using BenchmarkDotNet.Attributes;
using Loadline.Models;

namespace Loadline.Benchmarks;

/// <summary>
/// A header of 50,000 tensors, as the largest mixture-of-experts checkpoints have. Goals: parsed in less than 60 ms, and
/// at most three times the header kept in memory. <c>retained</c> as the only argument prints what is kept.
/// </summary>
[MemoryDiagnoser]
public class SafetensorsHeaderBenchmark
{
    private const int Tensors = 50_000;
    private const long Rows = 2048;
    private const long Columns = 7168;

    private byte[] header = [];

    [GlobalSetup]
    public void Write() => header = WriteHeader();

    [Benchmark]
    public SafetensorsHeader Parse() => SafetensorsHeader.Parse(header, DataBytes, "benchmark");

    public static int PrintRetained()
    {
        var header = WriteHeader();
        _ = SafetensorsHeader.Parse(header, DataBytes, "warm-up");

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = Stopwatch.StartNew();
        var parsed = SafetensorsHeader.Parse(header, DataBytes, "benchmark");
        watch.Stop();
        var retained = GC.GetTotalMemory(forceFullCollection: true) - before;
        Console.WriteLine($"header {header.Length} bytes, {parsed.Tensors.Length} tensors");
        Console.WriteLine($"retained {retained} bytes, {(double)retained / header.Length:F2} times the header");
        Console.WriteLine($"second parse {watch.Elapsed.TotalMilliseconds:F1} ms");
        GC.KeepAlive(header);
        return 0;
    }

    private static long DataBytes => Tensors * Rows * Columns * 2;

    private static byte[] WriteHeader()
    {
        var json = new StringBuilder("{\"__metadata__\":{\"format\":\"pt\"}");
        var offset = 0L;
        for (var i = 0; i < Tensors; i++)
        {
            var projection = (i % 3) switch
            {
                0 => "gate_proj",
                1 => "up_proj",
                _ => "down_proj",
            };
            var (rows, columns) = i % 3 == 2 ? (Columns, Rows) : (Rows, Columns);
            var end = offset + 2 * rows * columns;
            json.Append($",\"model.layers.{i / 768}.mlp.experts.{i / 3 % 256}.{projection}.weight\":");
            json.Append($"{{\"dtype\":\"BF16\",\"shape\":[{rows},{columns}],\"data_offsets\":[{offset},{end}]}}");
            offset = end;
        }
        return Encoding.UTF8.GetBytes(json.Append('}').ToString());
    }
}
