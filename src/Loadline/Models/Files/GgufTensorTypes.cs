namespace Loadline.Models;

/// <summary>The tensor types of GGUF by the numbers the format gives them.</summary>
/// <remarks>ggml-org/ggml, <c>include/ggml.h</c>, enum <c>ggml_type</c>. Numbers are never reused.</remarks>
internal static class GgufTensorTypes
{
    private static readonly BlockFormat?[] Formats =
    [
        BlockFormats.Fp32,
        BlockFormats.Fp16,
        BlockFormats.Q4_0,
        BlockFormats.Q4_1,
        null, // Q4_2
        null, // Q4_3
        BlockFormats.Q5_0,
        BlockFormats.Q5_1,
        BlockFormats.Q8_0,
        BlockFormats.Q8_1,
        BlockFormats.Q2_K, // 10
        BlockFormats.Q3_K,
        BlockFormats.Q4_K,
        BlockFormats.Q5_K,
        BlockFormats.Q6_K,
        BlockFormats.Q8_K,
        BlockFormats.Iq2Xxs,
        BlockFormats.Iq2Xs,
        BlockFormats.Iq3Xxs,
        BlockFormats.Iq1S,
        BlockFormats.Iq4Nl, // 20
        BlockFormats.Iq3S,
        BlockFormats.Iq2S,
        BlockFormats.Iq4Xs,
        BlockFormats.Int8,
        BlockFormats.Int16,
        BlockFormats.Int32,
        BlockFormats.Int64,
        BlockFormats.Fp64,
        BlockFormats.Iq1M,
        BlockFormats.Bf16, // 30
        null, // Q4_0_4_4
        null, // Q4_0_4_8
        null, // Q4_0_8_8
        BlockFormats.Tq1_0,
        BlockFormats.Tq2_0,
        null, // IQ4_NL_4_4
        null, // IQ4_NL_4_8
        null, // IQ4_NL_8_8
        BlockFormats.Mxfp4,
        BlockFormats.Nvfp4Ggml, // 40
        BlockFormats.Q1_0,
        BlockFormats.Q2_0,
    ];

    public static int Count => Formats.Length;

    public static BlockFormat? Find(uint type) => type < Formats.Length ? Formats[type] : null;

    public static bool Has(BlockFormat format) => Array.IndexOf(Formats, format) >= 0;

    /// <summary>The number to write for a format that <see cref="Has"/>.</summary>
    public static uint NumberOf(BlockFormat format) =>
        Array.IndexOf(Formats, format) is var number and >= 0
            ? (uint)number
            : throw new ArgumentException($"{format} is no type of GGUF", nameof(format));

    /// <summary>Name of a type that the format once had and gave up; null for a type it never had.</summary>
    public static string? RemovedName(uint type) =>
        type switch
        {
            4 => "Q4_2",
            5 => "Q4_3",
            31 => "Q4_0_4_4",
            32 => "Q4_0_4_8",
            33 => "Q4_0_8_8",
            36 => "IQ4_NL_4_4",
            37 => "IQ4_NL_4_8",
            38 => "IQ4_NL_8_8",
            _ => null,
        };
}
