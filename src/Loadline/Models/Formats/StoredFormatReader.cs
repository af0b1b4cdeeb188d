using System.Collections.Immutable;
using System.Text.Json;

namespace Loadline.Models;

/// <summary>Reads <c>quantization_config</c>: what was quantized, into what, and what was left alone.</summary>
internal static class StoredFormatReader
{
    /// <summary>Spellings of the list of modules that stay as they were.</summary>
    private static readonly string[] LeftAlone =
    [
        "modules_to_not_convert",
        "ignore",
        "ignored_layers",
        "exclude_modules",
        "llm_int8_skip_modules",
    ];

    /// <summary>Null for plain weights.</summary>
    /// <param name="config">The whole configuration; the section may stand in its language part.</param>
    /// <param name="rest">Type of what is not quantized.</param>
    public static StoredFormat? Read(ModelConfig config, BlockFormat rest)
    {
        // Said of the language part alone, it holds for no tower.
        var whole = config.Section("quantization_config");
        var section = whole ?? config.Section("text_config")?.Section("quantization_config");
        if (section is null)
            return null;

        var method = section.OptionalText("quant_method");
        var format = method switch
        {
            "fp8" => Fp8(config, section, rest),
            "mxfp4" => Simple(section, "mxfp4", BlockFormats.Mxfp4, rest, Arithmetic.Bf16),
            "fbgemm_fp8" => Simple(section, "fp8", BlockFormats.Fp8Channel, rest, Arithmetic.Fp8),
            "gptq" or "awq" or "auto-round" => Grouped(section, method, rest),
            "bitsandbytes" => BitsAndBytes(section, rest),
            // Without a method, a file with an algorithm was written by TensorRT Model Optimizer.
            "compressed-tensors" or "modelopt" or "modelopt_fp4" or null when section.Has("config_groups") => Groups(
                section,
                method ?? "modelopt",
                rest
            ),
            "modelopt" or "modelopt_fp4" or null when section.OptionalText("quant_algo") is { } algorithm => ModelOpt(
                section,
                algorithm,
                rest
            ),
            null => throw section.Missing("quant_method", "a string such as \"fp8\""),
            _ => throw section.Contradiction(
                "quant_method",
                $"\"{method}\"",
                "fp8, fbgemm_fp8, mxfp4, gptq, awq, auto-round, bitsandbytes, compressed-tensors or modelopt"
            ),
        };
        var isListed = method is "mxfp4" or "gptq" or "awq" or "auto-round" or "bitsandbytes" or "compressed-tensors";
        return format with { ListsEveryCode = isListed, SkipsTowers = whole is null, Cache = CacheOf(section) };
    }

    /// <summary>
    /// compressed-tensors and Model Optimizer give a scheme of bits and type, or the name of an algorithm. Engines keep
    /// the model's own type where it says something they do not have.
    /// </summary>
    private static BlockFormat? CacheOf(ModelConfig section)
    {
        const string Scheme = "kv_cache_scheme";
        if (section.Raw(Scheme) is { ValueKind: JsonValueKind.Object } && section.Section(Scheme) is { } scheme)
            return (scheme.OptionalInteger("num_bits"), scheme.OptionalText("type")) switch
            {
                (8, "float") => BlockFormats.Fp8,
                (8, "int") => BlockFormats.Int8,
                _ => null,
            };
        return section.OptionalText(section.Has(Scheme) ? Scheme : "kv_cache_quant_algo") switch
        {
            "FP8" => BlockFormats.Fp8,
            "INT8" => BlockFormats.Int8,
            _ => null,
        };
    }

    /// <summary>
    /// Reads <c>hf_quant_config.json</c>, which TensorRT Model Optimizer writes beside a config.json that does not
    /// mention it; null when it says that nothing was quantized.
    /// </summary>
    /// <param name="section">Its <c>quantization</c> object.</param>
    /// <param name="rest">Type of what is not quantized.</param>
    public static StoredFormat? ReadModelOpt(ModelConfig section, BlockFormat rest) =>
        section.OptionalText("quant_algo") is { } algorithm
            ? ModelOpt(section, algorithm, rest) with
            {
                Cache = CacheOf(section),
            }
            : null;

    private static StoredFormat ModelOpt(ModelConfig section, string algorithm, BlockFormat rest)
    {
        if (algorithm == "MIXED_PRECISION")
        {
            var rules = LayerRules(section).ToImmutableArray();
            return rules.IsEmpty
                ? throw section.Missing("quantized_layers", "the algorithm of every quantized layer")
                : new StoredFormat(NameOf(rules), rules, Ignored(section), rest);
        }
        var format = Algorithm(section, algorithm);
        if (format == BlockFormats.Nvfp4 && section.OptionalInteger("group_size") is { } group and not 16)
            throw section.Contradiction("group_size", $"{group}", "16, as NVFP4 has");
        return Simple(section, algorithm.ToLowerInvariant(), format, rest, ArithmeticOf(format));
    }

    /// <summary>A rule for every entry of <c>quantized_layers</c>.</summary>
    private static IEnumerable<StoredRule> LayerRules(ModelConfig section)
    {
        if (section.Section("quantized_layers") is not { } layers)
            yield break;
        foreach (var layer in layers.Fields)
        {
            var format = Algorithm(section, layers.Section(layer)?.OptionalText("quant_algo"));
            yield return new StoredRule(new([layer]), format, ArithmeticOf(format));
        }
    }

    private static string NameOf(IEnumerable<StoredRule> rules) =>
        string.Join('+', rules.Select(rule => rule.Format.Name.Split('-')[0]).Distinct());

    private static StoredFormat Fp8(ModelConfig config, ModelConfig section, BlockFormat rest)
    {
        var matrices = section.OptionalIntegers("weight_block_size") switch
        {
            null => BlockFormats.Fp8Tensor,
            [128, 128] => BlockFormats.Fp8Block,
            [> 0 and var rows, > 0 and var columns] => BlockFormats.Fp8Block with
            {
                Name = $"fp8-block-{rows}x{columns}",
                ScaleTileRows = rows,
                ScaleTileColumns = columns,
            },
            var other => throw section.Contradiction(
                "weight_block_size",
                $"[{string.Join(", ", other)}]",
                "two positive sizes"
            ),
        };

        // DeepSeek-V4 keeps its experts in MXFP4, or where layers are listed one by one in NVFP4, and the rest in fp8
        // with scales of one byte.
        var rules = ImmutableArray.CreateBuilder<StoredRule>();
        rules.AddRange(LayerRules(section));
        if (config.OptionalText("expert_dtype") is { } experts)
        {
            if (experts is not ("fp4" or "fp8"))
                throw config.Contradiction("expert_dtype", $"\"{experts}\"", "fp4 or fp8");
            matrices = matrices with { Name = $"{matrices.Name}-ue8m0", ScaleBytes = 1 };
            if (experts == "fp4")
                rules.Add(new StoredRule(new(["experts"]), BlockFormats.Mxfp4, Arithmetic.Fp8));
        }
        rules.Add(new StoredRule(new(["Linear"]), matrices, Arithmetic.Fp8));

        // These stay as they are without every file saying so: the projection of DeepSeek's and GLM's prediction layers,
        // and the compressors of DeepSeek-V4.
        string[] alwaysLeftAlone = ["eh_proj", "compressor"];
        var leftAlone = rules.Count == 1 ? Ignored(section, alwaysLeftAlone) : new ModulePatterns(alwaysLeftAlone);
        return new StoredFormat(NameOf(rules), rules.ToImmutable(), leftAlone, rest);
    }

    /// <summary>GPTQ and AWQ: a scale and a zero point for every group of weights along the input.</summary>
    private static StoredFormat Grouped(ModelConfig section, string method, BlockFormat rest)
    {
        var bits = section.OptionalSize("bits") ?? section.OptionalSize("w_bit") ?? 4;
        if (bits is not (2 or 3 or 4 or 8))
            throw section.Contradiction("bits", $"{bits}", "2, 3, 4 or 8");
        var group = section.OptionalInteger("group_size") ?? section.OptionalInteger("q_group_size") ?? 128;
        return Simple(section, method, Integer(section, bits, group, zeroPoints: true), rest, Arithmetic.Bf16);
    }

    private static StoredFormat BitsAndBytes(ModelConfig section, BlockFormat rest) =>
        section.Flag("load_in_8bit", false)
            // LLM.int8 keeps one fp32 maximum per row.
            ? Simple(section, "int8", BlockFormats.Int8Channel with { ScaleBytes = 4 }, rest, Arithmetic.Int8)
            : Simple(section, "nf4", BlockFormats.Nf4, rest, Arithmetic.Bf16);

    private static StoredFormat Groups(ModelConfig section, string method, BlockFormat rest)
    {
        var rules = ImmutableArray.CreateBuilder<StoredRule>();
        var groups = section.Section("config_groups")!;
        foreach (var name in groups.Fields)
        {
            var group = groups.Section(name) ?? throw groups.Missing(name, "an object");
            var weights = group.Section("weights") ?? throw group.Missing("weights", "an object");
            var format = GroupFormat(weights);
            var targets = Patterns(group, "targets", group.OptionalTexts("targets") ?? ["Linear"]);
            var arithmetic = group.Has("input_activations") ? ArithmeticOf(format) : Arithmetic.Bf16;
            rules.Add(new StoredRule(targets, format, arithmetic));
        }
        if (rules.Count == 0)
            throw section.Contradiction("config_groups", "{}", "at least one group");
        var label = $"{method}-{string.Join('+', rules.Select(rule => rule.Format.Name).Distinct())}";
        return new StoredFormat(label, rules.ToImmutable(), Ignored(section), rest);
    }

    private static BlockFormat GroupFormat(ModelConfig weights)
    {
        var bits = weights.Size("num_bits");
        var type = weights.OptionalText("type") ?? "int";
        var strategy = weights.OptionalText("strategy") ?? (weights.Has("group_size") ? "group" : "tensor");
        var group = weights.OptionalInteger("group_size") ?? -1;
        return (type, bits, strategy) switch
        {
            ("float", 8, "tensor") => BlockFormats.Fp8Tensor,
            ("float", 8, "channel") => BlockFormats.Fp8Channel,
            ("float", 8, "block") => BlockFormats.Fp8Block,
            ("float", 4, _) when group == 16 => BlockFormats.Nvfp4,
            ("float", 4, _) when group == 32 => BlockFormats.Mxfp4,
            ("int", 8, "channel") => BlockFormats.Int8Channel,
            ("int", 4 or 8, _) => Integer(weights, bits, group, zeroPoints: !weights.Flag("symmetric", true)),
            _ => throw weights.Contradiction(
                "num_bits",
                $"{bits}-bit {type} per {strategy}",
                "8-bit or 4-bit float or integer weights"
            ),
        };
    }

    private static BlockFormat Algorithm(ModelConfig section, string? algorithm) =>
        algorithm switch
        {
            "FP8" => BlockFormats.Fp8Tensor,
            "FP8_PB_WO" => BlockFormats.Fp8Block,
            "NVFP4" or "W4A16_NVFP4" => BlockFormats.Nvfp4,
            "MXFP4" or "W4A8_MXFP4_FP8" => BlockFormats.Mxfp4,
            "W4A16_AWQ" => BlockFormats.Int4Group128,
            _ => throw section.Contradiction(
                "quant_algo",
                algorithm ?? "missing",
                "FP8, FP8_PB_WO, NVFP4, W4A16_NVFP4, MXFP4 or W4A16_AWQ"
            ),
        };

    /// <summary>
    /// Integers with an fp16 scale per group, and where kept a zero point of as many bits; two groups make a block so
    /// that 4-bit zero points fill a byte.
    /// </summary>
    private static BlockFormat Integer(ModelConfig section, int bits, int group, bool zeroPoints)
    {
        if (group == -1)
            return new BlockFormat($"int{bits}-channel", 8, bits) { ScaleBytes = 2, CodesPerByte = 8 / bits };
        if (group <= 0 || group % 8 != 0)
            throw section.Contradiction("group_size", $"{group}", "a positive multiple of 8, or -1");
        if (bits == 4 && group == 128 && zeroPoints)
            return BlockFormats.Int4Group128;

        return zeroPoints
            ? new BlockFormat($"int{bits}-g{group}", 8 * group, bits * group + 8 * 2 + bits)
            {
                ScalesPerBlock = 8,
                CodesPerByte = 8 / bits,
            }
            : new BlockFormat($"int{bits}-g{group}-symmetric", group, bits * group / 8 + 2)
            {
                ScalesPerBlock = 1,
                CodesPerByte = 8 / bits,
            };
    }

    private static Arithmetic ArithmeticOf(BlockFormat format) =>
        format.Name switch
        {
            "fp8-tensor" or "fp8-channel" or "fp8-block" => Arithmetic.Fp8,
            "nvfp4" => Arithmetic.Fp4,
            "int8-channel" => Arithmetic.Int8,
            _ => Arithmetic.Bf16,
        };

    private static StoredFormat Simple(
        ModelConfig section,
        string name,
        BlockFormat matrices,
        BlockFormat rest,
        Arithmetic arithmetic
    ) => new(name, [new StoredRule(new(["Linear"]), matrices, arithmetic)], Ignored(section), rest);

    private static ModulePatterns Ignored(ModelConfig section, params IReadOnlyList<string> others)
    {
        var names = LeftAlone.FirstOrDefault(section.Has);
        return names is null
            ? new([.. others])
            : Patterns(section, names, [.. section.OptionalTexts(names)!, .. others]);
    }

    private static ModulePatterns Patterns(ModelConfig section, string field, IReadOnlyList<string> patterns)
    {
        try
        {
            return new ModulePatterns(patterns);
        }
        catch (ArgumentException exception)
        {
            throw section.Contradiction(field, exception.Message, "expressions without look-around");
        }
    }
}
