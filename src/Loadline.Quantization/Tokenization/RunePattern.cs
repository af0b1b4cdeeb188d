using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Loadline.Models;

namespace Loadline.Quantization.Tokenization;

/// <summary>
/// A regular expression over characters. .NET's own work on 16-bit units, so that letters beyond U+FFFF are none to
/// <c>\p{L}</c>; here each is replaced by a letter of its kind while matches are sought.
/// </summary>
internal sealed class RunePattern
{
    /// <summary>Patterns of real tokenizers take microseconds; one that takes this long was made to.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private const int LongestPattern = 10_000;

    private readonly Regex regex;
    private readonly string file;

    /// <param name="pattern">In the dialect of Oniguruma, as far as .NET reads it alike.</param>
    /// <param name="file">Name for messages.</param>
    /// <exception cref="BadContentException">Not a pattern, or one of a dialect that .NET does not read.</exception>
    public RunePattern(string pattern, string file)
    {
        this.file = file;
        if (pattern.Length > LongestPattern)
            throw Bad($"{pattern.Length} characters", $"at most {LongestPattern}");
        try
        {
            regex = new Regex(pattern, RegexOptions.CultureInvariant, Longest);
        }
        catch (ArgumentException)
        {
            throw Bad(FileText.Quote(pattern), "a regular expression that .NET reads");
        }
    }

    /// <summary>Matches and what is between them, in order; together they are the text.</summary>
    public IEnumerable<string> Split(string text)
    {
        var replaced = Replace(text);
        var start = 0;
        foreach (var (index, length) in Matches(replaced.Text))
        {
            if (length == 0)
                continue;
            var (from, to) = (replaced.PlaceOf(index), replaced.PlaceOf(index + length));
            if (from > start)
                yield return text[start..from];
            yield return text[from..to];
            start = to;
        }
        if (start < text.Length)
            yield return text[start..];
    }

    private List<(int Index, int Length)> Matches(string text)
    {
        try
        {
            var matches = new List<(int Index, int Length)>();
            foreach (var match in regex.EnumerateMatches(text))
                matches.Add((match.Index, match.Length));
            return matches;
        }
        catch (RegexMatchTimeoutException)
        {
            throw Bad(
                $"a pattern that matches {text.Length} characters in no {Longest.TotalSeconds} seconds",
                "a faster one"
            );
        }
    }

    private BadContentException Bad(string found, string expected) => new(file, "pre-tokenizer", found, expected);

    private static Replaced Replace(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
            return new Replaced(text, null);
        var result = new StringBuilder(text.Length);
        var places = new List<int>(text.Length);
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            places.Add(at);
            result.Append(rune.IsBmp ? (char)rune.Value : StandIn(rune));
            at += rune.Utf16SequenceLength;
        }
        places.Add(at);
        return new Replaced(result.ToString(), places);
    }

    /// <summary>A character of the same category below U+10000.</summary>
    private static char StandIn(Rune rune) =>
        Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter => '\u0104',
            UnicodeCategory.LowercaseLetter => '\u0105',
            UnicodeCategory.TitlecaseLetter => '\u01C5',
            UnicodeCategory.ModifierLetter => '\u02B0',
            UnicodeCategory.OtherLetter => '\u05D0',
            UnicodeCategory.NonSpacingMark => '\u0300',
            UnicodeCategory.SpacingCombiningMark => '\u0903',
            UnicodeCategory.EnclosingMark => '\u20DD',
            UnicodeCategory.DecimalDigitNumber => '\u0660',
            UnicodeCategory.LetterNumber => '\u2160',
            UnicodeCategory.OtherNumber => '\u00B2',
            UnicodeCategory.OtherPunctuation => '\u00A1',
            UnicodeCategory.DashPunctuation => '\u2010',
            UnicodeCategory.MathSymbol => '\u00AC',
            UnicodeCategory.CurrencySymbol => '\u00A2',
            UnicodeCategory.ModifierSymbol => '\u00A8',
            UnicodeCategory.Format => '\u200B',
            UnicodeCategory.PrivateUse => '\uE000',
            UnicodeCategory.OtherNotAssigned => '\uFFFE',
            _ => '\u00A6',
        };

    private readonly record struct Replaced(string Text, List<int>? Places)
    {
        public int PlaceOf(int index) => Places is null ? index : Places[index];
    }
}
