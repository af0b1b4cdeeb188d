using System.Text.Json.Nodes;

namespace Loadline.Quantization;

/// <summary>How a matrix format is declared in <c>quantization_config</c>.</summary>
internal enum SchemeFamily
{
    CompressedTensors,

    /// <summary><c>quant_method: fp8</c> with tiles, as DeepSeek-V3 and Qwen publish theirs.</summary>
    Fp8Blocks,
    BitsAndBytes,
}

/// <summary>A matrix format of safetensors checkpoints, with what engines must be told about it.</summary>
/// <remarks>
/// Keys and values: vllm-project/compressed-tensors, <c>quantization/quant_args.py</c>, <c>quant_scheme.py</c> (presets
/// FP8_DYNAMIC, INT8_W8A8, W4A16, W4A16_ASYM, NVFP4A16, MXFP4A16) and <c>config/base.py</c> (names of formats); activations are
/// quantized by the engine as they come, which needs no calibration.
/// </remarks>
/// <param name="Codec">Name of the <see cref="MatrixCodec"/>.</param>
/// <param name="Family">Which tools read it.</param>
/// <param name="Format">Compression format in compressed-tensors.</param>
/// <param name="Group">Input features that share a scale; rows must divide into them. 1 when any row will do.</param>
internal sealed record CompressionScheme(string Codec, SchemeFamily Family, string Format, int Group)
{
    private const int TileSize = 128;

    public static readonly CompressionScheme[] All =
    [
        new("fp8-tensor", SchemeFamily.CompressedTensors, "float-quantized", 1),
        new("fp8-channel", SchemeFamily.CompressedTensors, "float-quantized", 1),
        new("fp8-block", SchemeFamily.Fp8Blocks, "", 1),
        new("int8-channel", SchemeFamily.CompressedTensors, "int-quantized", 1),
        new("int4-g128", SchemeFamily.CompressedTensors, "pack-quantized", 128),
        new("int4-g128-asym", SchemeFamily.CompressedTensors, "pack-quantized", 128),
        new("nf4", SchemeFamily.BitsAndBytes, "", 64),
        new("mxfp4", SchemeFamily.CompressedTensors, "mxfp4-pack-quantized", 32),
        new("nvfp4", SchemeFamily.CompressedTensors, "nvfp4-pack-quantized", 16),
    ];

    /// <summary>Recipes by the names that the planner uses, and what they stand for where a name has several readings.</summary>
    public static string CodecOf(string recipe) =>
        recipe switch
        {
            // A scale for every output channel costs nothing to read and is what vLLM's own tools write.
            "fp8" => "fp8-channel",
            "int8" or "w8a8" => "int8-channel",
            "int4" => "int4-g128",
            _ => recipe,
        };

    public static CompressionScheme? Find(string recipe) =>
        Array.Find(All, scheme => scheme.Codec == CodecOf(recipe.ToLowerInvariant()));

    /// <summary>One group of a compressed-tensors configuration.</summary>
    public JsonObject ToGroup(IEnumerable<string> targets) =>
        new()
        {
            ["targets"] = new JsonArray([.. targets.Select(target => (JsonNode)target)]),
            ["weights"] = Weights(),
            ["input_activations"] = Activations(),
            ["output_activations"] = null,
            ["format"] = Format,
        };

    private JsonObject Weights() =>
        Codec switch
        {
            "fp8-tensor" => Arguments(8, "float", "tensor", null),
            "fp8-channel" => Arguments(8, "float", "channel", null),
            "int8-channel" => Arguments(8, "int", "channel", null),
            "int4-g128" => Arguments(4, "int", "group", Group),
            "int4-g128-asym" => Arguments(4, "int", "group", Group, symmetric: false),
            "mxfp4" => Arguments(4, "float", "group", Group, scales: "torch.uint8"),
            "nvfp4" => Arguments(4, "float", "tensor_group", Group, scales: "torch.float8_e4m3fn"),
            _ => throw new System.Diagnostics.UnreachableException(Codec),
        };

    /// <summary>Null for formats that only make weights smaller.</summary>
    private JsonObject? Activations() =>
        Codec switch
        {
            "fp8-tensor" or "fp8-channel" => Arguments(8, "float", "token", null, dynamic: true),
            "int8-channel" => Arguments(8, "int", "token", null, dynamic: true),
            _ => null,
        };

    private static JsonObject Arguments(
        int bits,
        string type,
        string strategy,
        int? group,
        bool symmetric = true,
        bool dynamic = false,
        string? scales = null
    )
    {
        var arguments = new JsonObject
        {
            ["num_bits"] = bits,
            ["type"] = type,
            ["symmetric"] = symmetric,
            ["strategy"] = strategy,
            ["group_size"] = group,
            ["dynamic"] = dynamic,
            ["block_structure"] = null,
            ["actorder"] = null,
            ["observer"] = dynamic ? null : "minmax",
            ["observer_kwargs"] = new JsonObject(),
        };
        if (scales is not null)
            arguments["scale_dtype"] = scales;
        return arguments;
    }

    /// <summary><c>quant_method: fp8</c>: transformers, <c>FineGrainedFP8Config</c>.</summary>
    public static JsonObject Fp8Blocks(IEnumerable<string> leftAlone) =>
        new()
        {
            ["quant_method"] = "fp8",
            ["fmt"] = "e4m3",
            ["activation_scheme"] = "dynamic",
            ["weight_block_size"] = new JsonArray(TileSize, TileSize),
            ["modules_to_not_convert"] = Names(leftAlone),
        };

    /// <summary><c>quant_method: bitsandbytes</c>: transformers, <c>BitsAndBytesConfig</c>.</summary>
    public static JsonObject BitsAndBytes(IEnumerable<string> leftAlone, string computeType) =>
        new()
        {
            ["quant_method"] = "bitsandbytes",
            ["load_in_4bit"] = true,
            ["load_in_8bit"] = false,
            ["bnb_4bit_quant_type"] = "nf4",
            ["bnb_4bit_use_double_quant"] = false,
            ["bnb_4bit_compute_dtype"] = computeType,
            ["bnb_4bit_quant_storage"] = "uint8",
            ["llm_int8_enable_fp32_cpu_offload"] = false,
            ["llm_int8_has_fp16_weight"] = false,
            ["llm_int8_skip_modules"] = Names(leftAlone),
            ["llm_int8_threshold"] = 6.0,
        };

    public static JsonArray Names(IEnumerable<string> names) => [.. names.Select(name => (JsonNode)name)];
}
