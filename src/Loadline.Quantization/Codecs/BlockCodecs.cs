using System.Collections.Frozen;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Every block codec, by the format it writes or at least reads.</summary>
public static class BlockCodecs
{
    private static readonly FrozenDictionary<string, BlockCodec> ByFormat = new BlockCodec[]
    {
        new Fp32Codec(),
        new Fp16Codec(),
        new Bf16Codec(),
    }.ToFrozenDictionary(codec => codec.Format.Name);

    /// <summary>Null when numbers in that format cannot be read.</summary>
    public static BlockCodec? Find(BlockFormat format) => ByFormat.GetValueOrDefault(format.Name);
}
