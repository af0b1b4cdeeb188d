using System.Collections.Frozen;

namespace Loadline.Models;

/// <summary>Names of the same tensor in a Hugging Face checkpoint and in GGUF.</summary>
/// <remarks>llama.cpp, <c>gguf-py/gguf/tensor_mapping.py</c>.</remarks>
internal static partial class GgufNames
{
    private static readonly string[] LayerPrefixes =
    [
        "layers.{layer}.",
        "h.{layer}.",
        "blocks.{layer}.",
        "layer.{layer}.",
    ];

    private static readonly FrozenDictionary<string, string> Outside = new Dictionary<string, string>
    {
        ["embed_tokens"] = "token_embd",
        ["embed_in"] = "token_embd",
        ["embedding"] = "token_embd",
        ["embeddings"] = "token_embd",
        ["tok_embeddings"] = "token_embd",
        ["word_embeddings"] = "token_embd",
        ["wte"] = "token_embd",
        ["wpe"] = "position_embd",
        ["position_embeddings"] = "position_embd",
        ["token_type_embeddings"] = "token_types",
        ["word_embeddings_layernorm"] = "token_embd_norm",
        ["LayerNorm"] = "token_embd_norm",
        ["embed_tokens_per_layer"] = "per_layer_token_embd",
        ["per_layer_model_projection"] = "per_layer_model_proj",
        ["per_layer_projection_norm"] = "per_layer_proj_norm",
        ["norm"] = "output_norm",
        ["norm_f"] = "output_norm",
        ["ln_f"] = "output_norm",
        ["final_layernorm"] = "output_norm",
        ["final_layer_norm"] = "output_norm",
        // LFM2's last norm is called after the embedding, and GGUF followed.
        ["embedding_norm"] = "token_embd_norm|output_norm",
        ["lm_head"] = "output",
        ["embed_out"] = "output",
        ["output"] = "output",
        ["dense"] = "cls",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What joins a prediction layer to the model, where its checkpoint keeps that outside the layers.</summary>
    private static readonly FrozenDictionary<string, string> Prediction = new Dictionary<string, string>
    {
        ["mtp.fc"] = "nextn.eh_proj",
        ["mtp.pre_fc_norm_embedding"] = "nextn.enorm",
        ["mtp.pre_fc_norm_hidden"] = "nextn.hnorm",
        ["mtp.norm"] = "nextn.shared_head_norm",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Ways a tensor may be stored; each is the names that make it up. Empty when GGUF has no name for it.</summary>
    /// <param name="name">Name in a Hugging Face checkpoint.</param>
    /// <param name="layers">Layers of the language model, behind which prediction layers are stored.</param>
    public static IReadOnlyList<IReadOnlyList<string>> Of(string name, int layers)
    {
        var (stem, ending) = Split(name);
        if (Prediction.TryGetValue(stem, out var names))
            return Ways(names, $"blk.{layers}.", ending);
        foreach (var prefix in LayerPrefixes)
        {
            var position = stem.IndexOf(prefix, StringComparison.Ordinal);
            if (position >= 0)
            {
                var inLayer = stem[(position + prefix.Length)..];
                return InLayer.TryGetValue(inLayer, out names) ? Ways(names, "blk.{layer}.", ending) : [];
            }
        }
        return Outside.TryGetValue(stem[(stem.LastIndexOf('.') + 1)..], out names) ? Ways(names, "", ending) : [];
    }

    private static IReadOnlyList<IReadOnlyList<string>> Ways(string names, string prefix, string ending) =>
        [
            .. names
                .Split('|')
                .Select(way =>
                    (IReadOnlyList<string>)
                        [
                            .. way.Split('+')
                                .Select(part => part[0] == '=' ? $"{prefix}{part[1..]}" : $"{prefix}{part}.{ending}"),
                        ]
                ),
        ];

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
