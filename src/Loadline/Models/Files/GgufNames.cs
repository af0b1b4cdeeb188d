using System.Collections.Frozen;

namespace Loadline.Models;

/// <summary>Names of the same tensor in a Hugging Face checkpoint and in GGUF.</summary>
/// <remarks>llama.cpp, <c>gguf-py/gguf/tensor_mapping.py</c>.</remarks>
internal static class GgufNames
{
    /// <summary>
    /// The last parts of a Hugging Face name, without <c>.weight</c>, and what GGUF calls it. Alternatives, tried in
    /// order, are divided by <c>|</c>; tensors that together make one are joined by <c>+</c>.
    /// </summary>
    private static readonly FrozenDictionary<string, string> InLayer = new Dictionary<string, string>
    {
        ["input_layernorm"] = "attn_norm",
        ["ln_1"] = "attn_norm",
        ["ln_2"] = "ffn_norm",
        // Families that normalize after attention as well need ffn_norm for the norm before the MLP.
        ["post_attention_layernorm"] = "post_attention_norm|ffn_norm",
        ["pre_feedforward_layernorm"] = "ffn_norm",
        ["post_feedforward_layernorm"] = "post_ffw_norm",
        ["self_attn.q_proj"] = "attn_q",
        ["self_attn.k_proj"] = "attn_k",
        ["self_attn.v_proj"] = "attn_v",
        ["self_attn.o_proj"] = "attn_output",
        ["self_attn.qkv_proj"] = "attn_qkv",
        ["self_attn.q_norm"] = "attn_q_norm",
        ["self_attn.k_norm"] = "attn_k_norm",
        ["self_attn.sinks"] = "attn_sinks",
        ["attn.c_attn"] = "attn_qkv",
        ["attn.c_proj"] = "attn_output",
        ["mlp.c_fc"] = "ffn_up",
        ["mlp.c_proj"] = "ffn_down",
        ["mlp.gate_proj"] = "ffn_gate",
        ["mlp.up_proj"] = "ffn_up",
        ["mlp.down_proj"] = "ffn_down",
        ["mlp.gate_up_proj"] = "ffn_up",
        ["mlp.gate"] = "ffn_gate_inp",
        ["mlp.router"] = "ffn_gate_inp",
        ["block_sparse_moe.gate"] = "ffn_gate_inp",
        ["mlp.experts.{expert}.gate_proj"] = "ffn_gate_exps|ffn_gate.{expert}",
        ["mlp.experts.{expert}.up_proj"] = "ffn_up_exps|ffn_up.{expert}",
        ["mlp.experts.{expert}.down_proj"] = "ffn_down_exps|ffn_down.{expert}",
        ["block_sparse_moe.experts.{expert}.w1"] = "ffn_gate_exps|ffn_gate.{expert}",
        ["block_sparse_moe.experts.{expert}.w3"] = "ffn_up_exps|ffn_up.{expert}",
        ["block_sparse_moe.experts.{expert}.w2"] = "ffn_down_exps|ffn_down.{expert}",
        ["mlp.experts.gate_up_proj"] = "ffn_gate_exps+ffn_up_exps|ffn_gate_up_exps",
        ["mlp.experts.down_proj"] = "ffn_down_exps",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> Outside = new Dictionary<string, string>
    {
        ["embed_tokens"] = "token_embd",
        ["wte"] = "token_embd",
        ["wpe"] = "position_embd",
        ["norm"] = "output_norm",
        ["ln_f"] = "output_norm",
        ["lm_head"] = "output",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Ways a tensor may be stored; each is the names that make it up. Empty when GGUF has no name for it.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Of(string name)
    {
        var (stem, ending) = Split(name);
        var (table, prefix) = (Outside, "");
        foreach (var layers in (ReadOnlySpan<string>)["layers.{layer}.", "h.{layer}."])
        {
            var position = stem.IndexOf(layers, StringComparison.Ordinal);
            if (position < 0)
                continue;
            stem = stem[(position + layers.Length)..];
            (table, prefix) = (InLayer, "blk.{layer}.");
        }
        if (prefix.Length == 0)
            stem = stem[(stem.LastIndexOf('.') + 1)..];
        if (!table.TryGetValue(stem, out var names))
            return [];
        return
        [
            .. names
                .Split('|')
                .Select(way => (IReadOnlyList<string>)[.. way.Split('+').Select(part => $"{prefix}{part}.{ending}")]),
        ];
    }

    /// <summary>gpt-oss ends its expert names in <c>_bias</c> or in nothing, everybody else in <c>.weight</c>.</summary>
    private static (string Stem, string Ending) Split(string name)
    {
        foreach (var ending in (ReadOnlySpan<string>)["weight", "bias"])
        {
            if (
                name.EndsWith($".{ending}", StringComparison.Ordinal)
                || name.EndsWith($"_{ending}", StringComparison.Ordinal)
            )
                return (name[..^(ending.Length + 1)], ending);
        }
        return (name, "weight");
    }
}
