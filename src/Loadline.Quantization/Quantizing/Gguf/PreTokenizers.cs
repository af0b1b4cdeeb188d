using System.Text.Json;

namespace Loadline.Quantization;

/// <summary>Recognizes how a byte-level tokenizer cuts text before it merges, by the expressions it is published with.</summary>
/// <remarks>
/// llama.cpp knows these by name (<c>src/llama-vocab.cpp</c>, <c>tokenizer_pre</c>) and not by expression: one that is not
/// listed would be cut differently.
/// </remarks>
internal static class PreTokenizers
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

    private const string Rest = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Llama3 = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + Rest;

    private const string Qwen2 = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + Rest;

    public static (string Name, bool IsKnown) NameOf(JsonElement root)
    {
        var steps = Steps(root.GetProperty("pre_tokenizer")).ToList();
        var expressions = steps.Where(step => TypeOf(step) == "Split").Select(ExpressionOf).ToList();
        return (expressions, steps) switch
        {
            ([Llama3], _) => ("llama-bpe", true),
            ([Qwen2], _) => ("qwen2", true),
            // ByteLevel alone cuts with GPT-2's own expression.
            ([], [var only]) when UsesExpression(only) => ("gpt-2", true),
            _ => ("default", false),
        };
    }

    /// <summary>Whether every text begins with a special token; null when the file does not say.</summary>
    public static bool? BeginsWithSpecial(JsonElement root)
    {
        if (!root.TryGetProperty("post_processor", out var post) || post.ValueKind != JsonValueKind.Object)
            return null;
        IEnumerable<JsonElement> steps = post.TryGetProperty("processors", out var all) ? all.EnumerateArray() : [post];
        foreach (var step in steps)
        {
            if (
                TypeOf(step) == "TemplateProcessing"
                && step.TryGetProperty("single", out var single)
                && single.ValueKind == JsonValueKind.Array
                && single.GetArrayLength() > 0
            )
                return single[0].TryGetProperty("SpecialToken", out _);
        }
        return null;
    }

    public static IEnumerable<JsonElement> Steps(JsonElement pre) =>
        TypeOf(pre) == "Sequence" && pre.TryGetProperty("pretokenizers", out var steps)
            ? steps.EnumerateArray()
            : [pre];

    public static string? TypeOf(JsonElement step) =>
        step.ValueKind == JsonValueKind.Object && step.TryGetProperty("type", out var type) ? type.GetString() : null;

    private static string? ExpressionOf(JsonElement step) =>
        step.TryGetProperty("pattern", out var pattern) && pattern.TryGetProperty("Regex", out var expression)
            ? expression.GetString()
            : null;

    private static bool UsesExpression(JsonElement step) =>
        !step.TryGetProperty("use_regex", out var uses) || uses.ValueKind == JsonValueKind.True;
}
