using System.Globalization;
using System.Text;
using Loadline.Models;

namespace Loadline.Quantization.Tokenization;

/// <summary>
/// Unicode normalization, which .NET leaves out where it runs without the data of ICU, as Loadline's command line does:
/// it then returns every text unchanged. A text that could need it is refused there instead of being split wrongly.
/// </summary>
internal static class UnicodeComposition
{
    /// <summary>Below this, composition changes nothing.</summary>
    private const int FirstCombining = 0x300;

    private static readonly bool IsAvailable = "e\u0301".Normalize(NormalizationForm.FormC).Length == 1;

    /// <exception cref="BadContentException">The text may not be composed, and nothing here can compose it.</exception>
    public static string Compose(string text, NormalizationForm form)
    {
        var valid = text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')
            ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text))
            : text;
        if (IsAvailable)
            return valid.Normalize(form);
        foreach (var rune in valid.EnumerateRunes())
        {
            if (MayChange(rune, form))
            {
                var found = $"U+{rune.Value:X4}, which Unicode normalization may change";
                throw new BadContentException(
                    "text",
                    "",
                    found,
                    "normalized text: this program runs without Unicode's data"
                );
            }
        }
        return valid;
    }

    /// <summary>Wider than the characters that really do: marks, jamo, and blocks with compatibility characters.</summary>
    private static bool MayChange(Rune rune, NormalizationForm form) =>
        rune.Value >= FirstCombining
            ? Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
                || rune.Value
                    is (>= 0x1100 and <= 0x11FF)
                        or (>= 0x1F00 and <= 0x1FFF)
                        or 0x0374
                        or 0x037E
                        or 0x0387
                        or 0x2000
                        or 0x2001
                        or (>= 0x2126 and <= 0x212B)
                        or 0x2329
                        or 0x232A
                        or (>= 0xF900 and <= 0xFAFF)
                        or (>= 0xFB1D and <= 0xFB4F)
                        or (>= 0x1D15E and <= 0x1D1C0)
                        or (>= 0x2F800 and <= 0x2FA1F)
                || form == NormalizationForm.FormKC
            : form == NormalizationForm.FormKC && rune.Value >= 0xA0;
}
