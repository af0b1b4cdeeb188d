using System.Globalization;
using System.Text;

namespace Loadline.Quantization.Tokenization;

/// <summary>What is done to a text before pairs are merged, and undone after.</summary>
internal sealed record TextSteps
{
    /// <summary>The character that SentencePiece writes for a space.</summary>
    public const string Metaspace = "\u2581";

    /// <summary>Replacements in order, each of a literal text.</summary>
    public IReadOnlyList<(string From, string To)> Replacements { get; init; } = [];

    /// <summary>Unicode composition before everything else; null for none.</summary>
    public NormalizationForm? Composition { get; init; }

    /// <summary>Text put before a piece, after replacements unless it is already there.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>True when only the first piece of a text gets the prefix.</summary>
    public bool PrefixesFirstOnly { get; init; }

    /// <summary>True when a text that begins with the prefix gets none.</summary>
    public bool PrefixesOnce { get; init; }

    /// <summary>Patterns that cut the text, one after the other; empty keeps it whole.</summary>
    public IReadOnlyList<RunePattern> Patterns { get; init; } = [];

    /// <summary>Cuts before every character written for a space (Metaspace with split).</summary>
    public bool CutsAtMetaspace { get; init; }

    /// <summary>True when pieces are written as the letters of their bytes.</summary>
    public bool IsByteLevel { get; init; }

    /// <summary>True when the space that the prefix stands for is taken off a decoded text.</summary>
    public bool StripsSpace { get; init; }

    public IEnumerable<string> Split(string text, bool isFirst)
    {
        var prepared = Prepare(text, isFirst);
        IEnumerable<string> pieces = [prepared];
        foreach (var pattern in Patterns)
            pieces = pieces.SelectMany(pattern.Split);
        if (CutsAtMetaspace)
            pieces = pieces.SelectMany(CutAtMetaspace);
        return IsByteLevel ? pieces.Select(ByteLetters.Encode) : pieces;
    }

    /// <summary>What a piece of the vocabulary stands for in a text.</summary>
    public void AppendBytes(string piece, bool hasByteFallback, List<byte> bytes)
    {
        if (IsByteLevel)
            ByteLetters.AppendBytes(piece, bytes);
        else if (hasByteFallback && ByteOf(piece) is { } value)
            bytes.Add(value);
        else
            bytes.AddRange(Encoding.UTF8.GetBytes(piece.Replace(Metaspace, " ", StringComparison.Ordinal)));
    }

    private string Prepare(string text, bool isFirst)
    {
        if (Composition is { } form)
            text = UnicodeComposition.Compose(text, form);
        foreach (var (from, to) in Replacements)
            text = text.Replace(from, to, StringComparison.Ordinal);
        var isPrefixed =
            Prefix.Length > 0
            && (isFirst || !PrefixesFirstOnly)
            && !(PrefixesOnce && text.StartsWith(Prefix, StringComparison.Ordinal));
        return isPrefixed ? Prefix + text : text;
    }

    private static IEnumerable<string> CutAtMetaspace(string text)
    {
        var start = 0;
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] != Metaspace[0])
                continue;
            yield return text[start..i];
            start = i;
        }
        if (start < text.Length)
            yield return text[start..];
    }

    private static byte? ByteOf(string piece) =>
        piece is ['<', '0', 'x', _, _, '>']
        && byte.TryParse(
            piece.AsSpan(3, 2),
            NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture,
            out var value
        )
            ? value
            : null;
}
