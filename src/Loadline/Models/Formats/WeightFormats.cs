using System.Collections.Frozen;

namespace Loadline.Models;

/// <summary>The recipes that <c>--weights</c> knows beside the GGUF mixes.</summary>
public static class WeightFormats
{
    public static readonly WeightFormat Fp32 = new("fp32", BlockFormats.Fp32, BlockFormats.Fp32, Arithmetic.Fp32);

    /// <summary>Stored as fp32, multiplied on the tensor cores with a 10-bit mantissa.</summary>
    public static readonly WeightFormat Tf32 = new("tf32", BlockFormats.Fp32, BlockFormats.Fp32, Arithmetic.Tf32);

    public static readonly WeightFormat Fp16 = new("fp16", BlockFormats.Fp16, BlockFormats.Fp16, Arithmetic.Fp16);
    public static readonly WeightFormat Bf16 = new("bf16", BlockFormats.Bf16, BlockFormats.Bf16, Arithmetic.Bf16);
    public static readonly WeightFormat Fp8 = new("fp8", BlockFormats.Fp8Tensor, BlockFormats.Bf16, Arithmetic.Fp8);

    /// <summary>8-bit weights only; activations and arithmetic stay 16-bit.</summary>
    public static readonly WeightFormat Int8 = new(
        "int8",
        BlockFormats.Int8Channel,
        BlockFormats.Bf16,
        Arithmetic.Bf16
    );

    /// <summary>8-bit integer weights and activations.</summary>
    public static readonly WeightFormat W8A8 = new(
        "w8a8",
        BlockFormats.Int8Channel,
        BlockFormats.Bf16,
        Arithmetic.Int8
    );

    public static readonly WeightFormat Int4 = new(
        "int4",
        BlockFormats.Int4Group128,
        BlockFormats.Bf16,
        Arithmetic.Bf16
    );
    public static readonly WeightFormat Nf4 = new("nf4", BlockFormats.Nf4, BlockFormats.Bf16, Arithmetic.Bf16);
    public static readonly WeightFormat Mxfp4 = new("mxfp4", BlockFormats.Mxfp4, BlockFormats.Bf16, Arithmetic.Bf16);
    public static readonly WeightFormat Nvfp4 = new("nvfp4", BlockFormats.Nvfp4, BlockFormats.Bf16, Arithmetic.Fp4);

    public static readonly FrozenDictionary<string, WeightFormat> ByName = new[]
    {
        Fp32,
        Tf32,
        Fp16,
        Bf16,
        Fp8,
        Int8,
        W8A8,
        Int4,
        Nf4,
        Mxfp4,
        Nvfp4,
    }.ToFrozenDictionary(format => format.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Plain weights of a type.</summary>
    public static WeightFormat Plain(BlockFormat type) =>
        type.Name switch
        {
            "fp32" => Fp32,
            "fp16" => Fp16,
            _ => Bf16,
        };

    /// <summary>A recipe by name. <c>fp4</c> is not one: MXFP4 and NVFP4 differ in size, speed and quality.</summary>
    /// <exception cref="UnknownNameException">No recipe has the name.</exception>
    public static WeightFormat Find(string name, Architecture architecture)
    {
        // "F16" and "BF16" in capitals are llama.cpp file types; small letters are plain formats.
        if (
            ByName.TryGetValue(name, out var format)
            && (format.Name == name || GgufMix.Find(name, architecture) is null)
        )
            return format;
        if (GgufMix.Find(DynamicMixes.StandInFor(name) ?? name, architecture) is { } mix)
            return mix;
        if (GroupedFormats.Find(name) is { } grouped)
            return grouped;
        string[] known =
        [
            .. ByName.Keys.Order(StringComparer.Ordinal),
            .. GgufMix.Names,
            "int4-g32",
            "exl2-4.0",
            "mlx-q4",
            "bfp8",
            "as-stored",
        ];
        throw new UnknownNameException("weight format", name, known, ambiguous: false);
    }
}
