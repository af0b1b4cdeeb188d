using System.Globalization;
using System.Text.RegularExpressions;

namespace Loadline.Models;

/// <summary>
/// Weight-only recipes with a number in their name: <c>int4-g32</c> (GPTQ, AWQ and others in groups), <c>exl2-4.65</c>
/// (bits per weight of ExLlamaV2), <c>mlx-q4</c> and <c>mlx-q4-g32</c>, <c>bfp8</c> (Tenstorrent's block float).
/// </summary>
/// <remarks>
/// GPTQ and AWQ: an fp16 scale and a zero point per group (<see cref="BlockFormats.Int4Group128"/>). ExLlamaV2: the mean
/// over the quantized matrices is what the name says, scales included, and the output embedding has 6 bits by default
/// (turboderp-org/exllamav2, doc/convert.md, <c>-b</c> and <c>-hb</c>). MLX: a 16-bit scale and a 16-bit bias per group,
/// 64 by default, for embeddings too (ml-explore/mlx, <c>mlx.core.quantize</c>). Block float: one exponent of 8 bits for 16
/// numbers (tenstorrent/tt-metal, tech_reports/data_formats), multiplied at the rate of bf16: at the default fidelity the
/// multipliers take a mantissa in several passes.
/// </remarks>
public static partial class GroupedFormats
{
    private const int HalfBytes = 2;

    /// <summary>Bits of ExLlamaV2's output embedding.</summary>
    private const double ExlHeadBits = 6;

    private const int MlxGroup = 64;

    /// <summary>Numbers that share an exponent.</summary>
    private const int BlockFloatLength = 16;

    /// <summary>The recipe of a name; null when the name has no such form.</summary>
    public static WeightFormat? Find(string name)
    {
        var small = name.ToLowerInvariant();
        if (Integer().Match(small) is { Success: true } integer)
            return OfIntegers(small, NumberOf(integer, 1), NumberOf(integer, 2));
        if (Exl().Match(small) is { Success: true } exl)
            return OfExl(double.Parse(exl.Groups[1].Value, CultureInfo.InvariantCulture));
        if (Mlx().Match(small) is { Success: true } mlx)
            return OfMlx(NumberOf(mlx, 1), mlx.Groups[2].Success ? NumberOf(mlx, 2) : MlxGroup);
        return small switch
        {
            "bfp8" => OfBlockFloat(small, bits: 8),
            "bfp4" => OfBlockFloat(small, bits: 4),
            _ => null,
        };
    }

    private static int NumberOf(Match match, int group) =>
        int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    /// <summary>A scale and a zero point of as many bits as the weights, counted over eight groups for whole bytes.</summary>
    private static WeightFormat OfIntegers(string name, int bits, int group)
    {
        const int Groups = 8;
        var bytes = bits * group + Groups * HalfBytes + bits;
        var matrices = new BlockFormat(name, Groups * group, bytes)
        {
            ScalesPerBlock = Groups,
            CodesPerByte = bits <= 4 ? 2 : 1,
        };
        return new(name, matrices, BlockFormats.Bf16, Arithmetic.Bf16) { LoadedAs = bits <= 4 ? "int4" : "int8" };
    }

    private static WeightFormat OfExl(double bits)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"exl2-{bits:0.##}");
        return new(name, WithMeanBits(name, bits), BlockFormats.Fp16, Arithmetic.Fp16)
        {
            Head = WithMeanBits("exl2-6", ExlHeadBits),
            LoadedAs = "exl2",
        };
    }

    /// <summary>Bytes for 32 weights as far as they are whole, and the hundredths of a bit that are left per 800.</summary>
    private static BlockFormat WithMeanBits(string name, double bits)
    {
        const int Length = 32;
        const int Tile = 800;
        var hundredths = (int)Math.Round(bits * 100);
        var tileBytes = hundredths * Tile / 800;
        var blockBytes = tileBytes * Length / Tile;
        return new BlockFormat(name, Length, blockBytes)
        {
            ScaleBytes = tileBytes - blockBytes * (Tile / Length),
            ScaleTileColumns = Tile,
        };
    }

    private static WeightFormat OfMlx(int bits, int group)
    {
        var name = group == MlxGroup ? $"mlx-q{bits}" : $"mlx-q{bits}-g{group}";
        var matrices = new BlockFormat(name, group, bits * group / 8 + 2 * HalfBytes)
        {
            ScalesPerBlock = 2,
            CodesPerByte = bits <= 4 ? 2 : 1,
        };
        return new(name, matrices, BlockFormats.Bf16, Arithmetic.Bf16)
        {
            Head = matrices,
            Embedding = matrices,
            LoadedAs = "mlx",
        };
    }

    private static WeightFormat OfBlockFloat(string name, int bits)
    {
        var matrices = new BlockFormat(name, BlockFloatLength, BlockFloatLength * bits / 8 + 1) { ScalesPerBlock = 1 };
        return new(name, matrices, BlockFormats.Bf16, Arithmetic.Bf16) { Head = matrices };
    }

    [GeneratedRegex(@"^int([2-8])-g(16|32|64|128|256)$")]
    private static partial Regex Integer();

    [GeneratedRegex(@"^exl2-([1-8](?:\.\d{1,2})?)$")]
    private static partial Regex Exl();

    [GeneratedRegex("^mlx-q([2-8])(?:-g(32|64|128))?$")]
    private static partial Regex Mlx();
}
