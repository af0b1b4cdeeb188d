using System.Text.RegularExpressions;

namespace Loadline.Prediction;

/// <summary>What measurement files call engines and their versions, in the names of the catalog.</summary>
internal static partial class MeasuredEngines
{
    /// <summary>What files write for an engine that has no value of its own; the version column then names it.</summary>
    private const string Other = "other";

    private const string Vllm = "vllm";

    /// <summary>Engines built on llama.cpp that files list under its name, with their own in the version column.</summary>
    private static readonly string[] OnLlamaCpp = ["ik_llama.cpp", "ollama"];

    /// <summary>
    /// A platform sold on vLLM: its submissions to MLPerf 5.1 that print a version print "vllm-0.9.0.2.dev108".
    /// </summary>
    private const string OnVllm = "Mango LLMBoost AI Enterprise Platform";

    /// <summary>
    /// AMD's own vLLM is ahead of the release it is named after. What was submitted to MLPerf 4.1 as 0.4.3+rocm614 serves
    /// Llama 2 70B on eight MI300X at 85 % of the rate of 0.9.0.2 in MLPerf 5.1, where the releases of that year reach a
    /// tenth; so all of its builds count as the one whose runs its constants come from.
    /// </summary>
    private const string VllmOfAmd = "0.9.1";

    /// <summary>The engine's name, and the version when one is stated.</summary>
    public static (string Name, string? Version) Of(string engine, string? versionText)
    {
        var text = versionText ?? "";
        var name = engine == Other ? NameIn(text) : engine;
        if (name == "llama.cpp" && Array.Find(OnLlamaCpp, text.ToLowerInvariant().StartsWith) is { } fork)
            name = fork;
        if (name == "llama.cpp" && text.Contains("vulkan", StringComparison.OrdinalIgnoreCase))
            name = "llama.cpp-vulkan";
        if (name == OnVllm)
            name = Vllm;
        if (name == Vllm && BuildOfAmd().IsMatch(text))
            return (name, VllmOfAmd);
        var version =
            name.StartsWith("llama.cpp", StringComparison.Ordinal)
            || name.EndsWith("llama.cpp", StringComparison.Ordinal)
                ? BuildNumber().Match(text)
                : VersionNumber().Match(text);
        return (name, version.Success && !OfOtherSoftware().IsMatch(text) ? version.Value : null);
    }

    /// <summary>
    /// An engine from a text that explains it in parentheses, and a build from one that says "build 11669", as
    /// <c>--engine</c> takes them.
    /// </summary>
    public static string Named(string engineText, string? versionText)
    {
        var name = NameIn(engineText);
        return BuildInWords().Match(versionText ?? "") is { Success: true } build
            ? $"{name}@b{build.Groups[1].Value}"
            : name;
    }

    /// <summary>
    /// The last day, month or year a text such as "2024-10" or "2022..2023-10" names, a year by its last month; null when
    /// it names none.
    /// </summary>
    public static string? LastDayOf(string? dates) =>
        Dates().Matches(dates ?? "").LastOrDefault()?.Value is { } last
            ? last.Length == "yyyy".Length
                ? $"{last}-12"
                : last
            : null;

    /// <summary>The words before a version, a date or an explanation.</summary>
    private static string NameIn(string text)
    {
        var name = Name().Match(text).Value.Trim();
        return name.Length == 0 ? Other : name;
    }

    [GeneratedRegex(@"^[^\d(:,;]*?(?:[Vv]2)?(?=$|[(:,;]|\s+v?\d)")]
    private static partial Regex Name();

    [GeneratedRegex(@"\d+\.\d+(\.\d+)?")]
    private static partial Regex VersionNumber();

    /// <summary>TensorRT is a library below TensorRT-LLM, NIM a container around it; both count for themselves.</summary>
    [GeneratedRegex(@"\b(?:TensorRT|NIM) \d")]
    private static partial Regex OfOtherSoftware();

    /// <summary>As "b6077", or in brackets behind the commit as the program prints it.</summary>
    [GeneratedRegex(@"\bb\d{4,}\b|(?<=\()\d{4,}(?=\))")]
    private static partial Regex BuildNumber();

    /// <summary>As "0.4.3+rocm614", "0.6.5.dev964+mlperf50" and "0.9.0.2.dev108+g71faa1880.d20250730.rocm641".</summary>
    [GeneratedRegex(@"\d\+[\w.]*(?:rocm|mlperf)\d")]
    private static partial Regex BuildOfAmd();

    [GeneratedRegex(@"\bbuild (\d+)")]
    private static partial Regex BuildInWords();

    [GeneratedRegex(@"\d{4}(-\d{2}(-\d{2})?)?")]
    private static partial Regex Dates();
}
