using Loadline.Models;

namespace Loadline.KernelFit;

/// <summary>A weight format of the tables.</summary>
/// <param name="Table">Its name there.</param>
/// <param name="Catalog">Its name in the catalog's kernel constants.</param>
/// <param name="Arithmetic">What its matrices are multiplied in.</param>
/// <param name="Block">How its weights are stored.</param>
internal sealed record KernelFormat(string Table, string Catalog, Arithmetic Arithmetic, BlockFormat Block)
{
    /// <summary>Where one name of the catalog has two kernels, the one that multiplies in the narrower format comes last.</summary>
    public static readonly List<KernelFormat> All =
    [
        new("bfloat16", "bf16", Arithmetic.Bf16, BlockFormats.Bf16),
        new("fp8", "fp8", Arithmetic.Fp8, BlockFormats.Fp8),
        new("fp8_block", "fp8-block", Arithmetic.Fp8, BlockFormats.Fp8),
        new("nvfp4", "nvfp4", Arithmetic.Fp4, BlockFormats.Nvfp4),
        new("int8_wo", "int8", Arithmetic.Bf16, BlockFormats.Fp8),
        new("int4_wo", "int4", Arithmetic.Bf16, BlockFormats.Int4Group128),
        new("sq", "w8a8", Arithmetic.Int8, BlockFormats.Fp8),
        new("w4a16_mxfp4", "mxfp4", Arithmetic.Bf16, BlockFormats.Mxfp4),
        new("w4a8_mxfp4_mxfp8", "mxfp4", Arithmetic.Fp8, BlockFormats.Mxfp4),
    ];

    public double BytesPerWeight => Block.BitsPerWeight / 8;
}
