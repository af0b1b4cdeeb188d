using System.Text.RegularExpressions;
using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>What measurement files call weight and cache formats, in our names.</summary>
internal static partial class MeasuredFormats
{
    private const string Gguf = "gguf ";
    private const string AsStored = "as-stored";

    /// <summary>The recipe that <c>--weights</c> knows; null when there is none.</summary>
    public static string? RecipeOf(string format, Architecture architecture)
    {
        if (format.StartsWith(Gguf, StringComparison.OrdinalIgnoreCase))
            return MixOf(format[Gguf.Length..], architecture);
        var stored = architecture.StoredFormat?.Name;
        if (stored is not null && stored.Contains(format, StringComparison.OrdinalIgnoreCase))
            return AsStored;
        var small = format.ToLowerInvariant();
        if (Exl().Match(small) is { Success: true } exl)
            return $"exl2-{exl.Groups[1].Value}";
        if (Mlx().Match(small) is { Success: true } mlx)
            return mlx.Groups[2].Success
                ? $"mlx-q{mlx.Groups[1].Value}-g{mlx.Groups[2].Value}"
                : $"mlx-q{mlx.Groups[1].Value}";
        if (Integers().Match(small) is { Success: true } integers)
            return OfIntegers(integers.Groups[1].Value, integers.Groups[2].Value);
        // What stands behind the first word says which tensors it holds for.
        var first = small.Split(' ')[0];
        return WeightFormats.ByName.ContainsKey(first) || GroupedFormats.Find(first) is not null ? first : null;
    }

    /// <summary>True when a mix stands in for one that its name does not fix.</summary>
    public static bool IsStandIn(string format) =>
        format.StartsWith(Gguf, StringComparison.OrdinalIgnoreCase)
        && DynamicMixes.StandInFor(format[Gguf.Length..].Split(' ')[0]) is not null;

    /// <summary>The cache format; null for the model's own type.</summary>
    public static string? CacheOf(string? format) =>
        format switch
        {
            null => null,
            "f16" => "fp16",
            "q8_0" => "Q8_0",
            var other => other,
        };

    private static string? MixOf(string format, Architecture architecture)
    {
        var name = format.Split(' ')[0];
        // llama-bench prints experts and the rest of a checkpoint that was published in MXFP4 apart.
        if (name.Equals("MXFP4", StringComparison.OrdinalIgnoreCase))
        {
            if (!format.Contains("non-expert", StringComparison.OrdinalIgnoreCase))
                return "MXFP4_MOE";
            return architecture.StoredFormat?.Name == "mxfp4" ? AsStored : null;
        }
        return GgufMix.Find(DynamicMixes.StandInFor(name) ?? name, architecture) is null ? null : name;
    }

    /// <summary>Groups of 128, or none stated, are the plain recipe.</summary>
    private static string OfIntegers(string bits, string group) =>
        group is "" or "128" && bits is "4" or "8" ? $"int{bits}" : $"int{bits}-g{(group is "" ? "128" : group)}";

    [GeneratedRegex(@"^exl2 ?(\d(?:\.\d{1,2})?) ?bpw")]
    private static partial Regex Exl();

    [GeneratedRegex(@"^mlx q(\d)(?: g(\d+))?")]
    private static partial Regex Mlx();

    [GeneratedRegex(
        @"^(?:w(?=\d+a16)|gptq |awq |int)([2-8])(?:a16|-?bit| ?bits?)?(?:[- ](?:awq|gptq|rtn))*(?: g(\d+))?"
    )]
    private static partial Regex Integers();
}
