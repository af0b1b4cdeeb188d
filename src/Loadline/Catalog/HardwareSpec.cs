using System.Globalization;

namespace Loadline.Catalog;

/// <summary>A number of accelerators, as one word: <c>2x:nvidia-h100-sxm-80gb</c>, <c>2xh100-sxm</c>, <c>rtx-4090</c>.</summary>
public sealed record HardwareSpec(Accelerator Accelerator, int Count)
{
    public const int MaximumCount = 100_000;

    /// <exception cref="BadContentException">The word is not of this form.</exception>
    /// <exception cref="UnknownNameException">No accelerator, or several, go by the name in it.</exception>
    public static HardwareSpec Parse(string word, CatalogReader catalog)
    {
        var text = word.Trim();
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        // "4090" and "7900xtx" are names: a count is followed by x and then a name, a colon or a space.
        var counted =
            digits > 0
            && text[digits] is 'x' or 'X'
            && catalog.Accelerators.Names.Exact(text) is null
            && (
                digits + 1 == text.Length
                || text[digits + 1] is ':' or ' '
                || char.IsAsciiLetterOrDigit(text[digits + 1])
            );
        if (!counted)
            return new HardwareSpec(catalog.Accelerators.Find(text), 1);

        if (
            !int.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count is < 1 or > MaximumCount
        )
            throw Bad(word, $"a count of {text[..digits]}", "a count from 1 to 100,000");

        var name = text[(digits + 1)..].TrimStart(':', ' ');
        return name.Length > 0
            ? new HardwareSpec(catalog.Accelerators.Find(name), count)
            : throw Bad(word, "no accelerator after the count", "a word such as 2x:nvidia-h100-sxm-80gb");
    }

    public override string ToString() =>
        Count == 1 ? Accelerator.Id : string.Create(CultureInfo.InvariantCulture, $"{Count}x:{Accelerator.Id}");

    private static BadContentException Bad(string word, string found, string expected) =>
        new($"hardware \"{word}\"", "", found, expected);
}
