using System.Collections.Immutable;

namespace Loadline.Quantization;

/// <summary>Every matrix codec, by its name.</summary>
public static class MatrixCodecs
{
    private static readonly ImmutableArray<MatrixCodec> All =
    [
        new Fp8TensorCodec(),
        new ByteMatrixCodec("fp8-channel", 0, new E4M3Code(), ScaleType.Fp32),
        new Fp8BlockCodec(),
        new ByteMatrixCodec("int8-channel", 0, new SignedByteCode(), ScaleType.Bf16),
        new ByteMatrixCodec("int8-g128", 128, new SignedByteCode(), ScaleType.Bf16),
        new Int4Codec("int4-g128", 128, asymmetric: false),
        new Int4Codec("int4-g32", 32, asymmetric: false),
        new Int4Codec("int4-g128-asym", 128, asymmetric: true),
        new Nf4Codec(),
        new Mxfp4MatrixCodec(),
        new Nvfp4MatrixCodec(),
    ];

    /// <summary>Every name, for messages.</summary>
    public static ImmutableArray<string> Names { get; } = [.. All.Select(codec => codec.Name)];

    /// <summary>Null when there is no codec of that name; upper and lower case are the same.</summary>
    public static MatrixCodec? Find(string name) =>
        All.FirstOrDefault(codec => codec.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
