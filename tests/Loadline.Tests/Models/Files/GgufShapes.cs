namespace Loadline.Tests.Models.Files;

/// <summary>Tensors that many architectures have alike in a layer.</summary>
internal static class GgufShapes
{
    public static GgufBlueprint Dense(
        string name,
        int layers,
        int hidden,
        int wide,
        int heads,
        int keys,
        int size,
        int vocabulary,
        bool head
    ) =>
        new GgufBlueprint(name, layers, hidden, vocabulary, head)
            .Set("context_length", 32_768)
            .Set("feed_forward_length", wide)
            .Heads(heads, keys, size);

    public static string[] Separate(int hidden, int heads, int keys, int size) =>
        [
            $"attn_q.weight {heads * size}x{hidden}",
            $"attn_k.weight {keys * size}x{hidden}",
            $"attn_v.weight {keys * size}x{hidden}",
            $"attn_output.weight {hidden}x{heads * size}",
        ];

    public static string[] Fused(int hidden, int all, bool bias) =>
        [
            $"attn_qkv.weight {all}x{hidden}",
            $"attn_output.weight {hidden}x{hidden}",
            .. (string[])(bias ? [$"attn_qkv.bias {all}", $"attn_output.bias {hidden}"] : []),
        ];

    public static string[] Gated(int hidden, int wide) =>
        [$"ffn_gate.weight {wide}x{hidden}", $"ffn_up.weight {wide}x{hidden}", $"ffn_down.weight {hidden}x{wide}"];

    public static string[] Plain(int hidden, int wide) =>
        [
            $"ffn_up.weight {wide}x{hidden}",
            $"ffn_up.bias {wide}",
            $"ffn_down.weight {hidden}x{wide}",
            $"ffn_down.bias {hidden}",
        ];

    public static string[] Shifted(int hidden) =>
        [
            $"attn_norm.weight {hidden}",
            $"attn_norm.bias {hidden}",
            $"ffn_norm.weight {hidden}",
            $"ffn_norm.bias {hidden}",
        ];
}
