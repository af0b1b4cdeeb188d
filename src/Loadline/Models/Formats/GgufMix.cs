using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Models;

/// <summary>A file type of llama.cpp: a base format, with more bits where the quantizer thinks they pay.</summary>
/// <remarks>
/// Rules of <c>llama_tensor_get_type</c> in ggml-org/llama.cpp, <c>src/llama-quant.cpp</c> (2025-26): values and down
/// projections of an eighth of the layers at either end and of every third in between get more bits; rows that do not
/// divide into 256 fall back to blocks of 32; vectors and routers stay fp32. IQ types are taken as made with an
/// importance matrix, as nearly all are and the small ones must be, the others as made without.
/// </remarks>
public sealed record GgufMix : WeightFormat
{
    private readonly Architecture architecture;
    private readonly int layers;
    private readonly int headsPerKvHead;
    private readonly int experts;

    private GgufMix(string name, BlockFormat matrices, Architecture architecture)
        : base(name, matrices, BlockFormats.Fp32, Arithmetic.Bf16)
    {
        this.architecture = architecture;
        LoadedAs = "GGUF";
        layers = architecture.Layers.Length;
        var attention = architecture.Layers.OfType<Mixer.Attention>().FirstOrDefault();
        headsPerKvHead = attention is null ? 1 : attention.QueryHeads / attention.KvHeads;
        experts = architecture.Tensors.Tensors.FirstOrDefault(tensor => tensor.Role == TensorRole.Expert)?.Experts ?? 0;
    }

    /// <summary>File types and the format most of their matrices have.</summary>
    private static readonly ImmutableDictionary<string, BlockFormat> Bases = new Dictionary<string, BlockFormat>
    {
        ["F32"] = BlockFormats.Fp32,
        ["F16"] = BlockFormats.Fp16,
        ["BF16"] = BlockFormats.Bf16,
        ["Q4_0"] = BlockFormats.Q4_0,
        ["Q4_1"] = BlockFormats.Q4_1,
        ["Q5_0"] = BlockFormats.Q5_0,
        ["Q5_1"] = BlockFormats.Q5_1,
        ["Q8_0"] = BlockFormats.Q8_0,
        ["Q2_K"] = BlockFormats.Q2_K,
        ["Q3_K_S"] = BlockFormats.Q3_K,
        ["Q3_K_M"] = BlockFormats.Q3_K,
        ["Q3_K_L"] = BlockFormats.Q3_K,
        ["Q4_K_S"] = BlockFormats.Q4_K,
        ["Q4_K_M"] = BlockFormats.Q4_K,
        ["Q5_K_S"] = BlockFormats.Q5_K,
        ["Q5_K_M"] = BlockFormats.Q5_K,
        ["Q6_K"] = BlockFormats.Q6_K,
        ["Q2_K_S"] = BlockFormats.Q2_K,
        ["IQ1_S"] = BlockFormats.Iq1S,
        ["IQ1_M"] = BlockFormats.Iq1M,
        ["IQ2_XXS"] = BlockFormats.Iq2Xxs,
        ["IQ2_XS"] = BlockFormats.Iq2Xs,
        ["IQ2_S"] = BlockFormats.Iq2Xs,
        ["IQ2_M"] = BlockFormats.Iq2S,
        ["IQ3_XXS"] = BlockFormats.Iq3Xxs,
        ["IQ3_XS"] = BlockFormats.Iq3S,
        ["IQ3_S"] = BlockFormats.Iq3S,
        ["IQ3_M"] = BlockFormats.Iq3S,
        ["TQ1_0"] = BlockFormats.Tq1_0,
        ["TQ2_0"] = BlockFormats.Tq2_0,
        ["MXFP4_MOE"] = BlockFormats.Mxfp4,
        ["IQ4_XS"] = BlockFormats.Iq4Xs,
        ["IQ4_NL"] = BlockFormats.Iq4Nl,
    }.ToImmutableDictionary(StringComparer.OrdinalIgnoreCase);

    public static IEnumerable<string> Names => Bases.Keys.Order(StringComparer.Ordinal);

    /// <summary>
    /// The mix of a name; null when llama.cpp has no such file type. <c>F16</c>, <c>BF16</c> and <c>F32</c> are written
    /// in capitals here: in small letters the same words name plain formats.
    /// </summary>
    public static GgufMix? Find(string name, Architecture architecture) =>
        Bases.TryGetValue(name, out var matrices) ? new GgufMix(name.ToUpperInvariant(), matrices, architecture) : null;

    public override bool IsGguf => true;

    /// <summary>The format of the tensor in its first layer; layers may differ, and <see cref="SizeOf"/> counts each.</summary>
    public override BlockFormat FormatOf(Tensor tensor) =>
        FormatIn(tensor, tensor.Layers.IsEmpty ? 0 : tensor.Layers[0]);

    public override ByteSize SizeOf(Tensor tensor)
    {
        if (tensor.Layers.IsEmpty)
            return FormatOf(tensor).SizeOf(tensor.Shape) * tensor.Copies;

        var sum = ByteSize.Zero;
        var perLayer = tensor.Copies / tensor.Layers.Length;
        foreach (var layer in tensor.Layers)
            sum += FormatIn(tensor, layer).SizeOf(tensor.Shape) * perLayer;
        return sum;
    }

    /// <summary>The format of the tensor in one of its layers.</summary>
    internal BlockFormat FormatIn(Tensor tensor, int layer) =>
        Fitted(WantedIn(tensor, layer), tensor.Shape.Length < 2 ? 1 : tensor.InputFeatures);

    /// <summary>The format that the rules name, whether its blocks fit the rows or not.</summary>
    internal BlockFormat WantedIn(Tensor tensor, int layer)
    {
        if (
            tensor.Shape.Length < 2
            || tensor.Role is TensorRole.Router or TensorRole.Norm or TensorRole.Bias or TensorRole.Small
        )
            return BlockFormats.Fp32;
        if (Matrices.BlockLength == 1)
            return Matrices;

        return tensor.Role switch
        {
            TensorRole.Head => Output(),
            TensorRole.TokenEmbedding => IsTied() ? Output() : InputEmbedding(),
            TensorRole.PositionEmbedding => BlockFormats.Fp32,
            TensorRole.Linear when Name == "MXFP4_MOE" => BlockFormats.Q8_0,
            _ when IsTiny => Tiny(GgufRoles.Of(tensor), layer),
            _ => Matrix(GgufRoles.Of(tensor), layer),
        };
    }

    /// <summary>That format, or the one that takes its place where rows do not divide into its blocks.</summary>
    internal static BlockFormat Fitted(BlockFormat wanted, long columns) =>
        columns % wanted.BlockLength == 0 ? wanted
        : columns % Fallback(wanted).BlockLength == 0 ? Fallback(wanted)
        : BlockFormats.Fp16;

    internal static bool IsName(string name) => Bases.ContainsKey(name);

    private bool IsTied() =>
        architecture.Tensors.Tensors.Any(tensor => tensor.Role == TensorRole.Head && tensor.TiedTo is not null);

    /// <summary>Types of about two bits and less, which have rules of their own.</summary>
    private bool IsTiny => Name is "IQ1_S" or "IQ1_M" or "IQ2_XXS" or "IQ2_XS" or "IQ2_S" or "IQ2_M";

    private bool IsLargerTiny => Name is "IQ2_S" or "IQ2_M";

    /// <summary>The output embedding decides every word, and gets more bits than anything else.</summary>
    private BlockFormat Output() =>
        Name is "Q8_0" or "MXFP4_MOE" ? BlockFormats.Q8_0
        : IsTiny || Name == "IQ3_XXS" ? BlockFormats.Q5_K
        : BlockFormats.Q6_K;

    private BlockFormat InputEmbedding() =>
        Name switch
        {
            "IQ1_S" or "IQ1_M" or "IQ2_XXS" or "IQ2_XS" => BlockFormats.Q2_K,
            "IQ2_S" or "IQ2_M" or "IQ3_XXS" => BlockFormats.Iq3S,
            "TQ1_0" or "TQ2_0" => BlockFormats.Q4_K,
            "MXFP4_MOE" => BlockFormats.Q8_0,
            _ => Matrices,
        };

    private BlockFormat Tiny(GgufRole role, int layer) =>
        role switch
        {
            GgufRole.Value when headsPerKvHead >= 4 || experts >= 4 => BlockFormats.Q4_K,
            GgufRole.Value => IsLargerTiny ? BlockFormats.Iq3S : BlockFormats.Q2_K,
            GgufRole.Key when experts == 8 => BlockFormats.Q4_K,
            GgufRole.Down when layer < layers / 8 => IsLargerTiny ? BlockFormats.Iq3S : BlockFormats.Q2_K,
            GgufRole.AttentionOutput when experts == 8 => BlockFormats.Q5_K,
            GgufRole.AttentionOutput when Name is "IQ1_S" or "IQ1_M" => BlockFormats.Iq2Xxs,
            GgufRole.AttentionOutput when IsLargerTiny => BlockFormats.Iq3S,
            _ => Matrices,
        };

    private BlockFormat Matrix(GgufRole role, int layer) =>
        role switch
        {
            GgufRole.Value => Value(layer),
            GgufRole.Key when experts == 8 && Matrices.BitsPerWeight < 8 => BlockFormats.Q8_0,
            GgufRole.Key or GgufRole.Query => Name switch
            {
                "IQ3_XXS" => BlockFormats.Iq2S,
                "IQ3_XS" => BlockFormats.Iq3Xxs,
                _ => Matrices,
            },
            GgufRole.FusedQkv => Name switch
            {
                "Q3_K_M" or "Q3_K_L" or "IQ3_M" => BlockFormats.Q4_K,
                "Q4_K_M" => BlockFormats.Q5_K,
                "Q5_K_M" => BlockFormats.Q6_K,
                _ => Matrices,
            },
            GgufRole.AttentionOutput => AttentionOutput(),
            GgufRole.Down => Down(layer),
            GgufRole.Up when Name == "IQ3_XS" && layer >= layers / 8 && layer < 7 * layers / 8 => BlockFormats.Iq3Xxs,
            _ => Matrices,
        };

    private BlockFormat Value(int layer)
    {
        if (experts == 8 && Matrices.BitsPerWeight < 8)
            return BlockFormats.Q8_0;

        var format = Name switch
        {
            "Q2_K" => headsPerKvHead >= 4 ? BlockFormats.Q4_K : BlockFormats.Q3_K,
            "Q2_K_S" or "IQ3_XXS" or "IQ3_XS" or "IQ3_S" when headsPerKvHead >= 4 => BlockFormats.Q4_K,
            "IQ3_M" => BlockFormats.Q4_K,
            "Q3_K_M" => layer < 2 ? BlockFormats.Q5_K : BlockFormats.Q4_K,
            "Q3_K_L" => BlockFormats.Q5_K,
            "IQ4_XS" or "IQ4_NL" when headsPerKvHead >= 4 => BlockFormats.Q5_K,
            "Q4_K_M" or "Q5_K_M" when UsesMoreBits(layer) => BlockFormats.Q6_K,
            "Q4_K_S" when layer < 4 => BlockFormats.Q5_K,
            _ => Matrices,
        };
        // Llama 70B shares each value head among eight queries: the tensor is small and errors in it weigh more.
        var is70B = layers == 80 && headsPerKvHead == 8;
        return is70B && (format == BlockFormats.Q3_K || format == BlockFormats.Q4_K) ? BlockFormats.Q5_K : format;
    }

    private BlockFormat AttentionOutput()
    {
        if (experts == 8)
        {
            var isSmall =
                Name is "Q2_K" or "Q3_K_S" or "Q3_K_M" or "Q4_K_S" or "Q4_K_M"
                || Name.StartsWith("IQ", StringComparison.Ordinal);
            return isSmall ? BlockFormats.Q5_K : Matrices;
        }
        return Name switch
        {
            "Q2_K" => BlockFormats.Q3_K,
            "IQ3_XXS" => BlockFormats.Iq3S,
            "Q3_K_M" or "IQ3_M" => BlockFormats.Q4_K,
            "Q3_K_L" => BlockFormats.Q5_K,
            _ => Matrices,
        };
    }

    private BlockFormat Down(int layer) =>
        Name switch
        {
            "Q2_K" => BlockFormats.Q3_K,
            "Q3_K_M" => layer < layers / 16 ? BlockFormats.Q5_K : BlockFormats.Q4_K,
            "Q3_K_L" => BlockFormats.Q5_K,
            "Q4_K_M" or "Q5_K_M" when UsesMoreBits(layer) => BlockFormats.Q6_K,
            "Q4_K_S" when layer < layers / 8 => BlockFormats.Q5_K,
            "Q2_K_S" when layer < layers / 8 => BlockFormats.Q4_K,
            "IQ3_M" when layer < layers / 8 || (experts == 8 && UsesMoreBits(layer)) => BlockFormats.Q4_K,
            _ => Matrices,
        };

    private bool UsesMoreBits(int layer) =>
        layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;

    private static BlockFormat Fallback(BlockFormat wanted) =>
        wanted.Name switch
        {
            "Q5_K" => BlockFormats.Q5_1,
            "Q6_K" => BlockFormats.Q8_0,
            "Q4_K" => BlockFormats.Q5_0,
            "TQ1_0" or "TQ2_0" => BlockFormats.Q4_0,
            _ when wanted.BlockLength == 256 => BlockFormats.Iq4Nl,
            _ => BlockFormats.Fp16,
        };
}
