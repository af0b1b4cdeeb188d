namespace Loadline.Catalog;

/// <summary>
/// The endings under which quantized copies of a model are published, and the recipe each stands for. The scale layout
/// is not part of a name: <c>-FP8</c> may have scales per tensor, per channel or per tile.
/// </summary>
internal static class QuantizedNames
{
    private static readonly (string Ending, string Recipe)[] Endings =
    [
        ("-fp8-kv", "fp8"),
        ("-fp8-dynamic", "fp8"),
        ("-fp8-static-pertensor", "fp8"),
        ("-fp8-block", "fp8"),
        ("-fp8", "fp8"),
        ("-nvfp4", "nvfp4"),
        ("-fp4", "nvfp4"),
        ("-mxfp4", "mxfp4"),
        ("-gptq-int8", "int8"),
        ("-quantized.w8a16", "int8"),
        ("-w8a16", "int8"),
        ("-int8", "int8"),
        ("-quantized.w8a8", "w8a8"),
        ("-w8a8", "w8a8"),
        ("-awq-int4", "int4"),
        ("-gptq-int4", "int4"),
        ("-quantized.w4a16", "int4"),
        ("-w4a16", "int4"),
        ("-awq", "int4"),
        ("-gptq", "int4"),
        ("-int4", "int4"),
        ("-bnb-4bit", "nf4"),
        ("-bf16", "bf16"),
        ("-fp16", "fp16"),
    ];

    /// <summary>The name without its ending, in small letters, and the recipe; null when it says none.</summary>
    public static (string Stem, string? Recipe) Split(string name)
    {
        var small = name.ToLowerInvariant();
        foreach (var (ending, recipe) in Endings)
        {
            if (small.EndsWith(ending, StringComparison.Ordinal) && small.Length > ending.Length)
                return (small[..^ending.Length], recipe);
        }
        return (small, null);
    }
}
