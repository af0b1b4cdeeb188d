using System.Text.RegularExpressions;
using Loadline.Catalog;

namespace Loadline.Prediction;

/// <summary>Names that measurement files have for accelerators beside our aliases.</summary>
internal static partial class AcceleratorNames
{
    public static string Resolve(string name) =>
        name switch
        {
            "a100_sxm" => "nvidia-a100-sxm-80gb",
            "h100_sxm" or "h100_80gb" or "h100-sxm-80gb" => "nvidia-h100-sxm-80gb",
            "h200_sxm" => "nvidia-h200-sxm-141gb",
            "b200_sxm" => "nvidia-b200-sxm-180gb",
            "b300_sxm" => "nvidia-b300-sxm",
            "gb200" => "nvidia-gb200-186gb",
            "gb300" => "nvidia-gb300",
            "l40s" => "nvidia-l40s-48gb",
            "RTX4090" => "nvidia-rtx-4090-24gb",
            "RTXPRO6000" => "nvidia-rtx-pro-6000-blackwell-server",
            _ => name,
        };

    /// <summary>
    /// Id of the accelerator that a file prints in full, such as "CPU: AMD Ryzen 9 7950X (16C Zen4, dual-channel DDR5)";
    /// null when the catalog knows none by any part of it that could be its name.
    /// </summary>
    public static string? IdOf(string printed, CatalogReader catalog) =>
        Candidates(printed).Select(catalog.Accelerators.Names.Exact).FirstOrDefault(id => id is not null);

    /// <summary>The whole name, without what is explained in parentheses or appended, and what is in parentheses.</summary>
    private static IEnumerable<string> Candidates(string printed)
    {
        var name = printed.Trim();
        yield return name;
        name = Prefix().Replace(name, "");
        yield return name;
        var bare = Parentheses().Replace(name, "").Trim();
        yield return bare;
        yield return MemorySize().Replace(bare, "").Trim();
        foreach (Match explained in Parentheses().Matches(name))
        {
            var inner = explained.Value.Trim(' ', '(', ')');
            yield return inner;
            yield return inner.Split(',')[0].Trim();
        }
    }

    [GeneratedRegex(@"^(?:CPU|GPU): *")]
    private static partial Regex Prefix();

    [GeneratedRegex(@" *\([^)]*\)")]
    private static partial Regex Parentheses();

    [GeneratedRegex(@"[ -]+\d+ ?GB$")]
    private static partial Regex MemorySize();
}
