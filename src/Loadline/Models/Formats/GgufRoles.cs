namespace Loadline.Models;

/// <summary>The roles that llama.cpp's quantizer tells apart.</summary>
internal enum GgufRole
{
    Other,
    Key,
    Value,
    FusedQkv,
    AttentionOutput,
    Down,
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
            "k_proj" or "key" or "wk" => GgufRole.Key,
            "v_proj" or "value" or "wv" => GgufRole.Value,
            "qkv_proj" or "c_attn" or "query_key_value" or "Wqkv" or "wqkv" => GgufRole.FusedQkv,
            "o_proj" or "out_proj" or "wo" => GgufRole.AttentionOutput,
            // GPT-2 calls both the attention output and the down projection c_proj.
            "c_proj" => tensor.Name.Contains("attn", StringComparison.Ordinal)
                ? GgufRole.AttentionOutput
                : GgufRole.Down,
            "down_proj" or "fc2" or "w2" or "dense_4h_to_h" => GgufRole.Down,
            _ => GgufRole.Other,
        };
    }
}
