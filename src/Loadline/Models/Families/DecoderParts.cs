using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>Blocks that most decoder families share, so that a family file shows only what is its own.</summary>
internal static class DecoderParts
{
    /// <summary>Separate query, key, value and output projections.</summary>
    public static void Attention(
        this TensorList tensors,
        string prefix,
        int hidden,
        Mixer.Attention shape,
        string output = "o_proj",
        bool qkvBias = false,
        bool outputBias = false
    )
    {
        long queries = (long)shape.QueryHeads * shape.HeadSize;
        tensors.Linear($"{prefix}.q_proj", queries, hidden, Sharding.Output, qkvBias, "qkv");
        tensors.Linear(
            $"{prefix}.k_proj",
            (long)shape.KvHeads * shape.HeadSize,
            hidden,
            Sharding.KvHeads,
            qkvBias,
            "qkv"
        );
        tensors.Linear(
            $"{prefix}.v_proj",
            (long)shape.KvHeads * shape.ValueHeadSize,
            hidden,
            Sharding.KvHeads,
            qkvBias,
            "qkv"
        );
        tensors.Linear(
            $"{prefix}.{output}",
            hidden,
            (long)shape.QueryHeads * shape.ValueHeadSize,
            Sharding.Input,
            outputBias
        );
    }

    /// <summary>Gate, up and down projections around a gated activation (SwiGLU, GeGLU).</summary>
    public static void GatedMlp(
        this TensorList tensors,
        string prefix,
        int hidden,
        long intermediate,
        bool bias = false
    )
    {
        tensors.Linear($"{prefix}.gate_proj", intermediate, hidden, Sharding.Output, bias, "gate_up");
        tensors.Linear($"{prefix}.up_proj", intermediate, hidden, Sharding.Output, bias, "gate_up");
        tensors.Linear($"{prefix}.down_proj", hidden, intermediate, Sharding.Input, bias);
    }

    public static ImmutableArray<int> AllLayers(int count) => [.. Enumerable.Range(0, count)];

    /// <summary>Head size as written, or the hidden size shared out over the query heads.</summary>
    public static int HeadSize(this ModelConfig config, int hidden, int queryHeads)
    {
        if (config.OptionalSize("head_dim") is { } size)
            return size;
        return hidden % queryHeads == 0
            ? hidden / queryHeads
            : throw config.Contradiction(
                "num_attention_heads",
                $"{queryHeads} heads",
                $"a divisor of hidden_size {hidden}, or a head_dim"
            );
    }

    /// <summary>The checkpoint's own 16- or 32-bit type; float32 when not stated, as Transformers reads it.</summary>
    public static BlockFormat DataType(this ModelConfig config)
    {
        var name = config.OptionalText("dtype") is { } text ? text : config.OptionalText("torch_dtype");
        return name switch
        {
            null => BlockFormats.Fp32,
            "bfloat16" => BlockFormats.Bf16,
            "float16" => BlockFormats.Fp16,
            "float32" => BlockFormats.Fp32,
            _ => throw config.Contradiction("torch_dtype", $"\"{name}\"", "bfloat16, float16 or float32"),
        };
    }
}
