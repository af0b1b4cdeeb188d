namespace Loadline.Models;

/// <summary>What a tensor of a checkpoint is to the weight it belongs to.</summary>
internal enum StoredPart
{
    Plain,

    /// <summary>Codes of a quantized weight: several weights to an element.</summary>
    Packed,
    Scale,
}

/// <summary>Reads names of checkpoints: wrappers around the model, and the endings quantizers add.</summary>
internal static class StoredNames
{
    private static readonly string[] Wrappers = ["model.", "language_model.", "transformer."];

    /// <summary>Quantizers' names for the pieces of one weight, the longest first: GPTQ, AWQ, compressed-tensors,
    /// DeepSeek and ModelOpt FP8, bitsandbytes, gpt-oss, GGUF NVFP4.</summary>
    private static readonly (string Ending, string Becomes, StoredPart Part)[] Endings =
    [
        (".weight_packed", ".weight", StoredPart.Packed),
        (".qweight", ".weight", StoredPart.Packed),
        ("_blocks", "", StoredPart.Packed),
        (".weight_zero_point", ".weight", StoredPart.Scale),
        (".weight_global_scale", ".weight", StoredPart.Scale),
        (".input_global_scale", ".weight", StoredPart.Scale),
        (".weight_scale_inv", ".weight", StoredPart.Scale),
        (".weight_scale_2", ".weight", StoredPart.Scale),
        (".weight_scale", ".weight", StoredPart.Scale),
        (".weight_shape", ".weight", StoredPart.Scale),
        (".weight_g_idx", ".weight", StoredPart.Scale),
        (".input_zero_point", ".weight", StoredPart.Scale),
        (".input_scale", ".weight", StoredPart.Scale),
        (".scales", ".weight", StoredPart.Scale),
        (".scale", ".weight", StoredPart.Scale),
        (".qzeros", ".weight", StoredPart.Scale),
        (".g_idx", ".weight", StoredPart.Scale),
        (".SCB", ".weight", StoredPart.Scale),
        ("_scale_inv", "", StoredPart.Scale),
        ("_scales", "", StoredPart.Scale),
        ("_scale", "", StoredPart.Scale),
    ];

    private static readonly string[] Buffers = [".inv_freq", ".attn.bias", ".attn.masked_bias", "position_ids"];

    /// <summary>Name without what merely wraps the language model, so that names of one weight compare equal.</summary>
    public static string Unwrap(string name)
    {
        var start = 0;
        for (var i = 0; i < Wrappers.Length; i++)
        {
            if (!name.AsSpan(start).StartsWith(Wrappers[i], StringComparison.Ordinal))
                continue;
            start += Wrappers[i].Length;
            i = -1;
        }
        return name[start..];
    }

    /// <summary>The weight that a stored tensor is, or is a piece of.</summary>
    public static (string Weight, StoredPart Part) WeightOf(string name)
    {
        var unwrapped = Unwrap(name);
        // bitsandbytes: x.weight.absmax, x.weight.quant_state.bitsandbytes__nf4 and others.
        var inner = unwrapped.IndexOf(".weight.", StringComparison.Ordinal);
        if (inner >= 0)
            return (unwrapped[..(inner + ".weight".Length)], StoredPart.Scale);
        if (unwrapped.EndsWith(".weight", StringComparison.Ordinal))
            return (unwrapped, StoredPart.Plain);
        foreach (var (ending, becomes, part) in Endings)
        {
            if (unwrapped.EndsWith(ending, StringComparison.Ordinal))
                return (unwrapped[..^ending.Length] + becomes, part);
        }
        return (unwrapped, StoredPart.Plain);
    }

    /// <summary>Tables that a program can compute again: rotation frequencies, causal masks.</summary>
    public static bool IsBuffer(string name) =>
        name.StartsWith("rope_f", StringComparison.Ordinal)
        || name.Contains(".rope_f", StringComparison.Ordinal)
        || Buffers.Any(buffer => name.EndsWith(buffer, StringComparison.Ordinal));
}
