using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>The names that <c>--to</c> knows, and what the two kinds of output have in common.</summary>
public static class Recipes
{
    private static readonly string[] Safetensors = ["bf16", "fp16", "fp32", "fp8", "int8", "w8a8", "int4"];

    /// <summary>Every recipe, for messages.</summary>
    public static ImmutableArray<string> Names { get; } =
    [
        .. Safetensors
            .Concat(CompressionScheme.All.Select(scheme => scheme.Codec))
            .Distinct()
            .Order(StringComparer.Ordinal),
        .. GgufMix.Names,
    ];

    /// <summary>True for a name that means a GGUF file: <c>F16</c> and <c>BF16</c> in capitals do, <c>bf16</c> does not.</summary>
    /// <exception cref="UnknownNameException">No recipe has the name.</exception>
    public static bool IsGguf(string format)
    {
        var isPlain = SafetensorsPlanner.Knows(format);
        var isMix = GgufMix.Names.Contains(MixName(format), StringComparer.OrdinalIgnoreCase);
        if (!isPlain && !isMix)
            throw new UnknownNameException("weight format", format, [.. Names], ambiguous: false);
        return isMix && (!isPlain || format.Any(char.IsAsciiLetterUpper));
    }

    /// <summary>llama-quantize's short names.</summary>
    internal static string MixName(string format) =>
        format.ToUpperInvariant() switch
        {
            "Q4_K" => "Q4_K_M",
            "Q5_K" => "Q5_K_M",
            var other => other,
        };

    internal static ModulePatterns PatternsOf(string option, IReadOnlyList<string> patterns)
    {
        try
        {
            return new ModulePatterns(patterns);
        }
        catch (ArgumentException exception)
        {
            throw new BadContentException(option, "", exception.Message, "an expression without look-around");
        }
    }

    internal static float[] ImportanceOf(QuantizationRequest request, string name, long columns)
    {
        if (!request.Importance.TryGetValue(name, out var importance))
            return [];
        return importance.Length == columns
            ? importance
            : throw new BadContentException(
                name,
                "importance",
                $"{importance.Length} figures",
                $"{columns}, one for each input feature"
            );
    }

    internal static string LeftAlone(string why, IReadOnlyList<string> names)
    {
        var others = names.Count > 1 ? $" and {names.Count - 1} others" : "";
        return $"{names[0]}{others}: {why}";
    }
}
