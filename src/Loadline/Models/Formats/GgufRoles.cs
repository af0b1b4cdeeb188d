namespace Loadline.Models;

/// <summary>The roles that llama.cpp's quantizer tells apart.</summary>
internal enum GgufRole
{
    Other,
    Query,
    Key,
    Value,
    FusedQkv,
    AttentionOutput,
    Down,

    /// <summary>Gate and up projections.</summary>
    Up,
}

/// <summary>Recognizes those roles by the names that checkpoints give them.</summary>
internal static class GgufRoles
{
    public static GgufRole Of(Tensor tensor)
    {
        var parts = tensor.Name.Split('.');
        var module = parts[^1] is "weight" or "bias" ? parts[^2] : parts[^1];
        return module switch
        {
            "q_proj" or "query" or "wq" => GgufRole.Query,
            "k_proj" or "key" or "wk" => GgufRole.Key,
            "v_proj" or "value" or "wv" => GgufRole.Value,
            "qkv_proj" or "c_attn" or "query_key_value" or "Wqkv" or "wqkv" => GgufRole.FusedQkv,
            "o_proj" or "out_proj" or "wo" => GgufRole.AttentionOutput,
            // GPT-2 calls both the attention output and the down projection c_proj.
            "c_proj" => tensor.Name.Contains("attn", StringComparison.Ordinal)
                ? GgufRole.AttentionOutput
                : GgufRole.Down,
            // BERT calls both of them output.dense, its up projection intermediate.dense; others only the first.
            "dense" when tensor.Name.Contains("intermediate", StringComparison.Ordinal) => GgufRole.Up,
            "dense" => tensor.Name.Contains("attention", StringComparison.Ordinal)
            || tensor.Name.Contains("attn", StringComparison.Ordinal)
                ? GgufRole.AttentionOutput
                : GgufRole.Down,
            "down_proj" or "fc2" or "w2" or "dense_4h_to_h" => GgufRole.Down,
            "gate_proj" or "up_proj" or "fc1" or "w1" or "w3" or "c_fc" or "dense_h_to_4h" => GgufRole.Up,
            _ => GgufRole.Other,
        };
    }
}
