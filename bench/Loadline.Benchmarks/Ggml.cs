using System.Runtime.InteropServices;
using Loadline.Models;

namespace Loadline.Benchmarks;

/// <summary>ggml's own quantization, from the shared library that <c>LOADLINE_GGML</c> names (<c>libggml-base.so</c>).</summary>
internal sealed unsafe class Ggml
{
    private static readonly Dictionary<string, int> Types = new()
    {
        // ggml-org/ggml, include/ggml.h, enum ggml_type.
        ["Q4_0"] = 2,
        ["Q8_0"] = 8,
        ["Q4_K"] = 12,
        ["Q5_K"] = 13,
        ["Q6_K"] = 14,
        ["IQ4_NL"] = 20,
        ["mxfp4"] = 39,
    };

    private readonly delegate* unmanaged[Cdecl]<int, float*, void*, long, long, long, float*, nuint> quantize;

    private Ggml(nint library) =>
        quantize = (delegate* unmanaged[Cdecl]<int, float*, void*, long, long, long, float*, nuint>)
            NativeLibrary.GetExport(library, "ggml_quantize_chunk");

    /// <summary>Null when the variable is not set.</summary>
    public static Ggml? Load() =>
        Environment.GetEnvironmentVariable("LOADLINE_GGML") is { Length: > 0 } path
            ? new Ggml(NativeLibrary.Load(path))
            : null;

    public void Quantize(BlockFormat format, ReadOnlySpan<float> numbers, int rowLength, Span<byte> blocks)
    {
        fixed (float* from = numbers)
        fixed (byte* to = blocks)
            quantize(Types[format.Name], from, to, 0, numbers.Length / rowLength, rowLength, null);
    }
}
