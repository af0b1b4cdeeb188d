using System.Collections.Immutable;

namespace Loadline.Quantization.Inference;

/// <summary>What the parts of a decoder are called in the tensor list of its family.</summary>
/// <remarks>Names without <c>.weight</c>; those in a layer without what comes before its number.</remarks>
internal sealed record DecoderNames
{
    public string Embedding { get; init; } = "model.embed_tokens";

    /// <summary>The table of positions.</summary>
    public string? Positions { get; init; }

    /// <summary>From the width of the embedding to that of the layers, and back.</summary>
    public string? ProjectIn { get; init; }

    public string? ProjectOut { get; init; }

    public string FinalNorm { get; init; } = "model.norm";

    public string Head { get; init; } = "lm_head";

    public string Layer { get; init; } = "model.layers.{layer}.";

    /// <summary>The norm before attention, or after its residual sum.</summary>
    public string AttentionNorm { get; init; } = "input_layernorm";

    /// <summary>A norm of what attention adds to the residual stream.</summary>
    public string? AttentionOutputNorm { get; init; }

    /// <summary>Query, key and value: three matrices, or one with all their rows.</summary>
    public ImmutableArray<string> Qkv { get; init; } = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"];

    public string QueryNorm { get; init; } = "self_attn.q_norm";

    public string KeyNorm { get; init; } = "self_attn.k_norm";

    public string Output { get; init; } = "self_attn.o_proj";

    /// <summary>The norm before the MLP, or after its residual sum.</summary>
    public string MlpNorm { get; init; } = "post_attention_layernorm";

    /// <summary>A norm of what the MLP adds to the residual stream.</summary>
    public string? MlpOutputNorm { get; init; }

    /// <summary>Gate and up: two matrices, or one with the rows of both; a single up without a gate.</summary>
    public ImmutableArray<string> Up { get; init; } = ["mlp.gate_proj", "mlp.up_proj"];

    public string Down { get; init; } = "mlp.down_proj";

    public string Router { get; init; } = "mlp.gate";

    public ImmutableArray<string> ExpertUp { get; init; } =
    ["mlp.experts.{expert}.gate_proj", "mlp.experts.{expert}.up_proj"];

    public string ExpertDown { get; init; } = "mlp.experts.{expert}.down_proj";

    /// <summary>The names of a family; those of Llama where it has none of its own.</summary>
    public static DecoderNames Of(string family) =>
        family switch
        {
            "gemma2" => new()
            {
                AttentionOutputNorm = "post_attention_layernorm",
                MlpNorm = "pre_feedforward_layernorm",
                MlpOutputNorm = "post_feedforward_layernorm",
            },
            "gpt2" => new()
            {
                Embedding = "wte",
                Positions = "wpe",
                FinalNorm = "ln_f",
                Layer = "h.{layer}.",
                AttentionNorm = "ln_1",
                Qkv = ["attn.c_attn"],
                Output = "attn.c_proj",
                MlpNorm = "ln_2",
                Up = ["mlp.c_fc"],
                Down = "mlp.c_proj",
            },
            "mixtral" => new()
            {
                Router = "block_sparse_moe.gate",
                ExpertUp = ["block_sparse_moe.experts.{expert}.w1", "block_sparse_moe.experts.{expert}.w3"],
                ExpertDown = "block_sparse_moe.experts.{expert}.w2",
            },
            "opt" => new()
            {
                Embedding = "model.decoder.embed_tokens",
                Positions = "model.decoder.embed_positions",
                ProjectIn = "model.decoder.project_in",
                ProjectOut = "model.decoder.project_out",
                FinalNorm = "model.decoder.final_layer_norm",
                Layer = "model.decoder.layers.{layer}.",
                AttentionNorm = "self_attn_layer_norm",
                Output = "self_attn.out_proj",
                MlpNorm = "final_layer_norm",
                Up = ["fc1"],
                Down = "fc2",
            },
            "phi3" => new() { Qkv = ["self_attn.qkv_proj"], Up = ["mlp.gate_up_proj"] },
            _ => new(),
        };
}
