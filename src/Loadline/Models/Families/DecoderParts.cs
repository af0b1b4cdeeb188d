using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>Blocks that most decoder families share, so that a family file shows only what is its own.</summary>
internal static class DecoderParts
{
    /// <summary>Begins a decoder: the input embedding, then tensors of every layer until <see cref="Finish"/>.</summary>
    public static TensorList Begin(this DecoderSizes sizes, string model = "model")
    {
        var tensors = new TensorList();
        tensors.Embedding($"{model}.embed_tokens", sizes.Vocabulary, sizes.Hidden);
        tensors.Layers = LayerPatterns.AllLayers(sizes.Layers);
        return tensors;
    }

    /// <summary>Ends a decoder: the last norm and the output embedding, under their usual names.</summary>
    public static void Finish(
        this TensorList tensors,
        ModelConfig config,
        DecoderSizes sizes,
        bool tiedByDefault,
        string model = "model"
    )
    {
        tensors.Layers = [];
        tensors.Norm($"{model}.norm", sizes.Hidden);
        tensors.Head(config, sizes, tiedByDefault, model);
    }

    /// <summary>Ends a decoder with names of its own, whose output embedding is the input's unless it says otherwise.</summary>
    public static void FinishTied(
        this TensorList tensors,
        ModelConfig config,
        DecoderSizes sizes,
        string norm,
        string embedding,
        bool bias = true
    )
    {
        tensors.Layers = [];
        tensors.Norm(norm, sizes.Hidden, bias);
        var isTied = config.Flag("tie_word_embeddings", true);
        tensors.Head("lm_head", sizes.Vocabulary, sizes.Hidden, isTied ? $"{embedding}.weight" : null);
    }

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

    /// <summary>Query, key and value in one matrix, and the output projection.</summary>
    public static void FusedAttention(
        this TensorList tensors,
        string prefix,
        int hidden,
        Mixer.Attention shape,
        string qkv,
        string output,
        bool bias = false
    )
    {
        long queries = (long)shape.QueryHeads * shape.HeadSize;
        var keysAndValues = (long)shape.KvHeads * (shape.HeadSize + shape.ValueHeadSize);
        tensors.Linear($"{prefix}.{qkv}", queries + keysAndValues, hidden, Sharding.Output, bias);
        tensors.Linear(
            $"{prefix}.{output}",
            hidden,
            (long)shape.QueryHeads * shape.ValueHeadSize,
            Sharding.Input,
            bias
        );
    }

    /// <summary>Gate, up and down projections around a gated activation (SwiGLU, GeGLU).</summary>
    /// <param name="tensors">The list to add to.</param>
    /// <param name="prefix">Name of the MLP.</param>
    /// <param name="hidden">Hidden size.</param>
    /// <param name="intermediate">Width inside.</param>
    /// <param name="bias">Whether all three have biases.</param>
    /// <param name="names">What the family calls gate, up and down; Llama's names when not given.</param>
    public static void GatedMlp(
        this TensorList tensors,
        string prefix,
        int hidden,
        long intermediate,
        bool bias = false,
        (string Gate, string Up, string Down)? names = null
    )
    {
        var (gate, up, down) = names ?? ("gate_proj", "up_proj", "down_proj");
        tensors.Linear($"{prefix}.{gate}", intermediate, hidden, Sharding.Output, bias, "gate_up");
        tensors.Linear($"{prefix}.{up}", intermediate, hidden, Sharding.Output, bias, "gate_up");
        tensors.Linear($"{prefix}.{down}", hidden, intermediate, Sharding.Input, bias);
    }

    /// <summary>Up and down projections around a plain activation, with biases.</summary>
    public static void Mlp(
        this TensorList tensors,
        string prefix,
        int hidden,
        long intermediate,
        string up,
        string down,
        bool bias = true
    )
    {
        tensors.Linear($"{prefix}.{up}", intermediate, hidden, Sharding.Output, bias);
        tensors.Linear($"{prefix}.{down}", hidden, intermediate, Sharding.Input, bias);
    }

    /// <summary>The gated MLP of every expert of a layer.</summary>
    public static void GatedExperts(
        this TensorList tensors,
        string prefix,
        int hidden,
        ExpertSizes experts,
        string gate = "gate_proj",
        string up = "up_proj",
        string down = "down_proj"
    )
    {
        var expert = $"{prefix}.{{expert}}";
        tensors.Expert($"{expert}.{gate}", experts.Intermediate, hidden, experts, "experts_gate_up");
        tensors.Expert($"{expert}.{up}", experts.Intermediate, hidden, experts, "experts_gate_up");
        tensors.Expert($"{expert}.{down}", hidden, experts.Intermediate, experts);
    }

    /// <summary>Norms before attention and before the MLP, under Llama's names.</summary>
    public static void PreNorms(this TensorList tensors, string layer, int hidden)
    {
        tensors.Norm($"{layer}.input_layernorm", hidden);
        tensors.Norm($"{layer}.post_attention_layernorm", hidden);
    }

    public static void QueryKeyNorms(this TensorList tensors, string prefix, long queryWidth, long keyWidth)
    {
        tensors.Norm($"{prefix}.q_norm", queryWidth);
        tensors.Norm($"{prefix}.k_norm", keyWidth);
    }

    /// <summary>The output embedding under its usual name, tied as the configuration or its default says.</summary>
    public static void Head(
        this TensorList tensors,
        ModelConfig config,
        DecoderSizes sizes,
        bool tiedByDefault,
        string model = "model",
        bool bias = false
    )
    {
        var tied = config.Flag("tie_word_embeddings", tiedByDefault) ? $"{model}.embed_tokens.weight" : null;
        var name = model.EndsWith(".model", StringComparison.Ordinal) ? $"{model[..^6]}.lm_head" : "lm_head";
        tensors.Head(name, sizes.Vocabulary, sizes.Hidden, tied, bias);
    }

    /// <summary>The language model of a multimodal configuration; the configuration itself when it is text only.</summary>
    public static ModelConfig TextSection(this ModelConfig config) => config.Section("text_config") ?? config;

    /// <summary>For encoders that a family has but Loadline does not describe: no count rather than a wrong one.</summary>
    public static void RefuseTower(this ModelConfig config, string section)
    {
        if (config.Has(section))
            throw config.Contradiction(
                section,
                "an encoder that Loadline does not describe",
                "the language model alone"
            );
    }

    public static Architecture ToArchitecture(
        this ModelConfig config,
        string family,
        DecoderSizes sizes,
        ImmutableArray<Mixer> layers,
        TensorList tensors,
        BlockFormat? dataTypeWhenAbsent = null
    ) =>
        new()
        {
            Family = family,
            HiddenSize = sizes.Hidden,
            VocabularySize = sizes.Vocabulary,
            MaximumContext = sizes.MaximumContext,
            DataType = config.DataType(dataTypeWhenAbsent ?? BlockFormats.Bf16),
            Layers = layers,
            Tensors = tensors.ToInventory(),
        };

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

    /// <summary>The checkpoint's own 16- or 32-bit type, from the file or from its language section.</summary>
    /// <param name="config">The whole configuration.</param>
    /// <param name="whenAbsent">What the family's published checkpoints are, for files that leave it out.</param>
    public static BlockFormat DataType(this ModelConfig config, BlockFormat whenAbsent)
    {
        var name = config.OptionalText("dtype") ?? config.OptionalText("torch_dtype");
        return name switch
        {
            null when config.Section("text_config") is { } text => text.DataType(whenAbsent),
            null => whenAbsent,
            "bfloat16" => BlockFormats.Bf16,
            "float16" => BlockFormats.Fp16,
            "float32" => BlockFormats.Fp32,
            _ => throw config.Contradiction("torch_dtype", $"\"{name}\"", "bfloat16, float16 or float32"),
        };
    }
}
