using System.Collections.Frozen;

namespace Loadline.Models;

/// <summary>Every layout in which weights and caches are stored, by its name.</summary>
/// <remarks>
/// GGUF block sizes: ggml-org/ggml, <c>src/ggml-common.h</c> (block structs) and <c>docs/gguf.md</c>.
/// MXFP4: OCP Microscaling Formats (MX) Specification 1.0, 32 elements and one E8M0 scale.
/// NVFP4: 16 elements of E2M1 with one E4M3 scale, and one fp32 scale per tensor (NVIDIA, 2025).
/// NF4: Dettmers et al., "QLoRA", arXiv 2305.14314, 64 elements with one fp32 absmax.
/// </remarks>
public static class BlockFormats
{
    public static readonly BlockFormat Fp64 = new("fp64", 1, 8);
    public static readonly BlockFormat Fp32 = new("fp32", 1, 4);
    public static readonly BlockFormat Fp16 = new("fp16", 1, 2);
    public static readonly BlockFormat Bf16 = new("bf16", 1, 2);

    /// <summary>FP8 E4M3 without scales, as a cache keeps it.</summary>
    public static readonly BlockFormat Fp8 = new("fp8", 1, 1);

    /// <summary>FP8 with a wider range and less precision than <see cref="Fp8"/>.</summary>
    public static readonly BlockFormat Fp8E5M2 = new("fp8-e5m2", 1, 1);

    /// <summary>A power of two, the scale of the MX formats.</summary>
    public static readonly BlockFormat E8M0 = new("e8m0", 1, 1);

    /// <summary>FP6 packed four to three bytes, scales elsewhere.</summary>
    public static readonly BlockFormat Fp6 = new("fp6", 4, 3);

    /// <summary>FP4 E2M1 packed two to a byte, scales elsewhere.</summary>
    public static readonly BlockFormat Fp4 = new("fp4", 2, 1);

    /// <summary>FP8 E4M3 weights with one fp32 scale per tensor.</summary>
    public static readonly BlockFormat Fp8Tensor = new("fp8-tensor", 1, 1) { TensorBytes = 4 };

    /// <summary>FP8 E4M3 weights with one fp32 scale per output channel.</summary>
    public static readonly BlockFormat Fp8Channel = new("fp8-channel", 1, 1) { ScaleBytes = 4 };

    /// <summary>FP8 E4M3 weights with one fp32 scale per 128 x 128 tile (DeepSeek-V3).</summary>
    public static readonly BlockFormat Fp8Block = new("fp8-block", 1, 1)
    {
        ScaleBytes = 4,
        ScaleTileRows = 128,
        ScaleTileColumns = 128,
    };

    public static readonly BlockFormat Int64 = new("int64", 1, 8);
    public static readonly BlockFormat Int32 = new("int32", 1, 4);
    public static readonly BlockFormat Int16 = new("int16", 1, 2);
    public static readonly BlockFormat Int8 = new("int8", 1, 1);
    public static readonly BlockFormat UInt64 = new("uint64", 1, 8);
    public static readonly BlockFormat UInt32 = new("uint32", 1, 4);
    public static readonly BlockFormat UInt16 = new("uint16", 1, 2);
    public static readonly BlockFormat UInt8 = new("uint8", 1, 1);
    public static readonly BlockFormat Complex64 = new("complex64", 1, 8);
    public static readonly BlockFormat Boolean = new("bool", 1, 1);

    /// <summary>INT8 weights with one fp16 scale per output channel.</summary>
    public static readonly BlockFormat Int8Channel = new("int8-channel", 1, 1) { ScaleBytes = 2 };

    /// <summary>INT4 weights in groups of 128 with an fp16 scale and a 4-bit zero point (GPTQ, AWQ).</summary>
    public static readonly BlockFormat Int4Group128 = new("int4-g128", 256, 2 * 64 + 2 * 2 + 1)
    {
        ScalesPerBlock = 2,
        CodesPerByte = 2,
    };

    public static readonly BlockFormat Nf4 = new("nf4", 64, 32 + 4) { ScalesPerBlock = 1, CodesPerByte = 2 };
    public static readonly BlockFormat Mxfp4 = new("mxfp4", 32, 16 + 1) { ScalesPerBlock = 1, CodesPerByte = 2 };
    public static readonly BlockFormat Nvfp4 = new("nvfp4", 16, 8 + 1)
    {
        ScalesPerBlock = 1,
        CodesPerByte = 2,
        TensorBytes = 4,
    };

    /// <summary>NVFP4 as ggml blocks it: four groups of 16 with their E4M3 scales; any tensor scale is apart.</summary>
    public static readonly BlockFormat Nvfp4Ggml = new("nvfp4-ggml", 64, 32 + 4);

    public static readonly BlockFormat Q1_0 = new("Q1_0", 128, 18);
    public static readonly BlockFormat Q2_0 = new("Q2_0", 64, 18);
    public static readonly BlockFormat Q4_0 = new("Q4_0", 32, 18);
    public static readonly BlockFormat Q4_1 = new("Q4_1", 32, 20);
    public static readonly BlockFormat Q5_0 = new("Q5_0", 32, 22);
    public static readonly BlockFormat Q5_1 = new("Q5_1", 32, 24);
    public static readonly BlockFormat Q8_0 = new("Q8_0", 32, 34);
    public static readonly BlockFormat Q8_1 = new("Q8_1", 32, 36);
    public static readonly BlockFormat Q2_K = new("Q2_K", 256, 84);
    public static readonly BlockFormat Q3_K = new("Q3_K", 256, 110);
    public static readonly BlockFormat Q4_K = new("Q4_K", 256, 144);
    public static readonly BlockFormat Q5_K = new("Q5_K", 256, 176);
    public static readonly BlockFormat Q6_K = new("Q6_K", 256, 210);
    public static readonly BlockFormat Q8_K = new("Q8_K", 256, 292);
    public static readonly BlockFormat Iq2Xxs = new("IQ2_XXS", 256, 66);
    public static readonly BlockFormat Iq2Xs = new("IQ2_XS", 256, 74);
    public static readonly BlockFormat Iq2S = new("IQ2_S", 256, 82);
    public static readonly BlockFormat Iq3Xxs = new("IQ3_XXS", 256, 98);
    public static readonly BlockFormat Iq3S = new("IQ3_S", 256, 110);
    public static readonly BlockFormat Iq1S = new("IQ1_S", 256, 50);
    public static readonly BlockFormat Iq1M = new("IQ1_M", 256, 56);
    public static readonly BlockFormat Iq4Nl = new("IQ4_NL", 32, 18);
    public static readonly BlockFormat Iq4Xs = new("IQ4_XS", 256, 136);
    public static readonly BlockFormat Tq1_0 = new("TQ1_0", 256, 54);
    public static readonly BlockFormat Tq2_0 = new("TQ2_0", 256, 66);

    public static readonly FrozenDictionary<string, BlockFormat> ByName = new[]
    {
        Fp64,
        Fp32,
        Fp16,
        Bf16,
        Fp8,
        Fp8E5M2,
        E8M0,
        Fp6,
        Fp4,
        Fp8Tensor,
        Fp8Channel,
        Fp8Block,
        Int64,
        Int32,
        Int16,
        Int8,
        UInt64,
        UInt32,
        UInt16,
        UInt8,
        Complex64,
        Boolean,
        Int8Channel,
        Int4Group128,
        Nf4,
        Mxfp4,
        Nvfp4,
        Nvfp4Ggml,
        Q1_0,
        Q2_0,
        Q4_0,
        Q4_1,
        Q5_0,
        Q5_1,
        Q8_0,
        Q8_1,
        Q2_K,
        Q3_K,
        Q4_K,
        Q5_K,
        Q6_K,
        Q8_K,
        Iq2Xxs,
        Iq2Xs,
        Iq2S,
        Iq3Xxs,
        Iq3S,
        Iq1S,
        Iq1M,
        Iq4Nl,
        Iq4Xs,
        Tq1_0,
        Tq2_0,
    }.ToFrozenDictionary(format => format.Name, StringComparer.OrdinalIgnoreCase);
}
