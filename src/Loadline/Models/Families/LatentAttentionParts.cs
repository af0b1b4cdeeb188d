namespace Loadline.Models;

/// <summary>Multi-head latent attention as DeepSeek-V2 and its followers configure and name it.</summary>
internal static class LatentAttentionParts
{
    public static Mixer.LatentAttention LatentAttention(this ModelConfig config) =>
        new(
            config.Size("num_attention_heads"),
            config.Size("kv_lora_rank"),
            config.Size("qk_rope_head_dim"),
            config.Size("qk_nope_head_dim"),
            config.Size("v_head_dim")
        );

    public static void LatentAttention(
        this TensorList tensors,
        string prefix,
        ModelConfig config,
        int hidden,
        Mixer.LatentAttention shape
    )
    {
        var bias = config.Flag("attention_bias", false);
        long queries = (long)shape.QueryHeads * (shape.PlainSize + shape.RopeSize);
        if (config.OptionalSize("q_lora_rank") is { } rank)
        {
            tensors.Linear($"{prefix}.q_a_proj", rank, hidden, Sharding.Replicated, bias, "latent");
            tensors.Norm($"{prefix}.q_a_layernorm", rank);
            tensors.Linear($"{prefix}.q_b_proj", queries, rank, Sharding.Output);
        }
        else
        {
            tensors.Linear($"{prefix}.q_proj", queries, hidden, Sharding.Output);
        }
        tensors.Linear(
            $"{prefix}.kv_a_proj_with_mqa",
            shape.LatentRank + shape.RopeSize,
            hidden,
            Sharding.Replicated,
            bias,
            "latent"
        );
        tensors.Norm($"{prefix}.kv_a_layernorm", shape.LatentRank);
        tensors.Linear(
            $"{prefix}.kv_b_proj",
            (long)shape.QueryHeads * (shape.PlainSize + shape.ValueHeadSize),
            shape.LatentRank,
            Sharding.Output
        );
        tensors.Linear($"{prefix}.o_proj", hidden, (long)shape.QueryHeads * shape.ValueHeadSize, Sharding.Input, bias);
    }

    /// <summary>Null when the configuration has no sparse attention.</summary>
    public static Indexer? Indexer(this ModelConfig config) =>
        config.Has("index_n_heads")
            ? new Indexer(config.Size("index_n_heads"), config.Size("index_head_dim"), config.Size("index_topk"))
            : null;

    /// <summary>The scoring network; its head weights stay in high precision.</summary>
    public static void Indexer(this TensorList tensors, string prefix, ModelConfig config, int hidden, Indexer shape)
    {
        tensors.Linear(
            $"{prefix}.wq_b",
            (long)shape.Heads * shape.HeadSize,
            config.Size("q_lora_rank"),
            Sharding.Replicated
        );
        tensors.Linear($"{prefix}.wk", shape.HeadSize, hidden, Sharding.Replicated);
        tensors.Norm($"{prefix}.k_norm", shape.HeadSize, bias: true);
        tensors.Small($"{prefix}.weights_proj.weight", [shape.Heads, hidden]);
    }
}
