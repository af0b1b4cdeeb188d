using System.Collections.Frozen;
using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Every block codec, by the format it writes or at least reads.</summary>
public static class BlockCodecs
{
    private static readonly ImmutableArray<BlockCodec> All =
    [
        new Fp64Codec(),
        new Fp32Codec(),
        new Fp16Codec(),
        new Bf16Codec(),
        new Fp8Codec(),
        new Int8Codec(),
        new Int16Codec(),
        new Int32Codec(),
        new Int64Codec(),
        new UInt8Codec(),
        new Q1_0Codec(),
        new Q2_0Codec(),
        new Q4_0Codec(),
        new Q4_1Codec(),
        new Q5_0Codec(),
        new Q5_1Codec(),
        new Q8_0Codec(),
        new Q8_1Codec(),
        new Q2_KCodec(),
        new Q3_KCodec(),
        new Q4_KCodec(),
        new Q5_KCodec(),
        new Q6_KCodec(),
        new Q8_KCodec(),
        new Iq1SCodec(),
        new Iq1MCodec(),
        new Iq2XxsCodec(),
        new Iq2XsCodec(),
        new Iq2SCodec(),
        new Iq3XxsCodec(),
        new Iq3SCodec(),
        new Iq4NlCodec(),
        new Iq4XsCodec(),
        new Tq1_0Codec(),
        new Tq2_0Codec(),
        new Mxfp4Codec(),
        new Nvfp4GgmlCodec(),
    ];

    private static readonly FrozenDictionary<string, BlockCodec> ByFormat = All.ToFrozenDictionary(codec =>
        codec.Format.Name
    );

    /// <summary>Formats that can be read, for messages.</summary>
    public static ImmutableArray<string> Readable { get; } = [.. All.Select(codec => codec.Format.Name)];

    /// <summary>Formats that can be written, for messages.</summary>
    public static ImmutableArray<string> Writable { get; } =
    [.. All.Where(codec => codec.CanEncode).Select(codec => codec.Format.Name)];

    /// <summary>Null when numbers in that format cannot be read.</summary>
    public static BlockCodec? Find(BlockFormat format) => ByFormat.GetValueOrDefault(format.Name);
}
