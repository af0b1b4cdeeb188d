using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Loadline.Models;

namespace Loadline.Quantization.Tokenization;

/// <summary>Reads the <c>normalizer</c> and <c>pre_tokenizer</c> of a <c>tokenizer.json</c>.</summary>
internal sealed class TokenizerJsonSteps(string file)
{
    private readonly List<(string From, string To)> replacements = [];
    private readonly List<RunePattern> patterns = [];
    private TextSteps steps = new();

    public TextSteps Read(JsonElement? normalizer, JsonElement? preTokenizer)
    {
        if (normalizer is { } first)
            Normalizer(first, "$.normalizer");
        if (preTokenizer is { } second)
            PreTokenizer(second, "$.pre_tokenizer");
        return steps with { Replacements = replacements, Patterns = patterns };
    }

    private void Normalizer(JsonElement step, string place)
    {
        switch (TokenizerJson.Text(step, "type"))
        {
            case "Sequence":
                ForEach(step, "normalizers", place, Normalizer);
                break;
            case "NFC":
                steps = steps with { Composition = NormalizationForm.FormC };
                break;
            case "NFKC":
                steps = steps with { Composition = NormalizationForm.FormKC };
                break;
            case "Prepend":
                // Before what replaces spaces, which leaves the prefix alone: the order makes no difference.
                var prefix = TokenizerJson.Text(step, "prepend") ?? "";
                steps = steps with { Prefix = prefix, StripsSpace = prefix == TextSteps.Metaspace };
                break;
            case "Replace" when Pattern(step) is ({ Length: > 0 } literal, null):
                replacements.Add((literal, TokenizerJson.Text(step, "content") ?? ""));
                break;
            case var other:
                throw Bad(place, other, "Sequence, NFC, NFKC, Prepend or Replace of a text");
        }
    }

    private void PreTokenizer(JsonElement step, string place)
    {
        switch (TokenizerJson.Text(step, "type"))
        {
            case "Sequence":
                ForEach(step, "pretokenizers", place, PreTokenizer);
                break;
            case "ByteLevel":
                steps = steps with { IsByteLevel = true };
                if (TokenizerJson.Flag(step, "add_prefix_space", true))
                    steps = steps with { Prefix = " ", PrefixesOnce = true };
                if (TokenizerJson.Flag(step, "use_regex", true))
                    patterns.Add(new RunePattern(KnownPatterns.Gpt2, file));
                break;
            case "Digits":
                patterns.Add(
                    new RunePattern(
                        TokenizerJson.Flag(step, "individual_digits") ? KnownPatterns.Digit : $"{KnownPatterns.Digit}+",
                        file
                    )
                );
                break;
            case "Metaspace":
                Metaspace(step, place);
                break;
            case "Split":
                Split(step, place);
                break;
            case var other:
                throw Bad(place, other, "Sequence, Split, ByteLevel, Digits or Metaspace");
        }
    }

    private void Metaspace(JsonElement step, string place)
    {
        var replacement = TokenizerJson.Text(step, "replacement") ?? TextSteps.Metaspace;
        if (replacement != TextSteps.Metaspace)
            throw Bad(place, replacement, TextSteps.Metaspace);
        var scheme =
            TokenizerJson.Text(step, "prepend_scheme")
            ?? (TokenizerJson.Flag(step, "add_prefix_space", true) ? "always" : "never");
        if (scheme is not ("always" or "never" or "first"))
            throw Bad($"{place}.prepend_scheme", scheme, "always, never or first");
        replacements.Add((" ", TextSteps.Metaspace));
        steps = steps with
        {
            Prefix = scheme == "never" ? "" : TextSteps.Metaspace,
            PrefixesFirstOnly = scheme == "first",
            PrefixesOnce = true,
            CutsAtMetaspace = TokenizerJson.Flag(step, "split", true),
            StripsSpace = scheme != "never",
        };
    }

    private void Split(JsonElement step, string place)
    {
        var behavior = TokenizerJson.Text(step, "behavior");
        var isInverted = TokenizerJson.Flag(step, "invert");
        // What is cut out and what is between it are pieces alike, so that the inverse cuts at the same places.
        var isRemoved = behavior == "Removed" && isInverted;
        switch (Pattern(step))
        {
            case (null, { } pattern) when behavior == "Isolated" || isRemoved:
                patterns.Add(new RunePattern(pattern, file));
                break;
            case ({ } literal, null) when behavior == "Isolated" && !isInverted:
                patterns.Add(new RunePattern(Regex.Escape(literal), file));
                break;
            // Cuts behind every occurrence.
            case ({ } literal, null) when behavior == "MergedWithPrevious" && !isInverted && literal.Length == 1:
                var letter = Regex.Escape(literal);
                patterns.Add(new RunePattern($"[^{letter}]*{letter}|[^{letter}]+", file));
                break;
            default:
                throw Bad($"{place}.behavior", behavior, "Isolated");
        }
    }

    /// <summary>A literal text or a regular expression.</summary>
    private static (string? Literal, string? Regex) Pattern(JsonElement step) =>
        step.TryGetProperty("pattern", out var pattern)
            ? (TokenizerJson.Text(pattern, "String"), TokenizerJson.Text(pattern, "Regex"))
            : (null, null);

    private void ForEach(JsonElement step, string name, string place, Action<JsonElement, string> read)
    {
        if (!step.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array)
            throw Bad($"{place}.{name}", "missing", "a list of steps");
        var index = 0;
        foreach (var item in list.EnumerateArray())
            read(item, $"{place}.{name}[{index++}]");
    }

    private BadContentException Bad(string place, string? found, string expected) =>
        new(file, place, FileText.Quote(found ?? "none"), expected);
}
