using System.Collections.Immutable;
using System.Globalization;

namespace Loadline.Catalog;

/// <summary>
/// A number of accelerators, as one word: <c>2x:nvidia-h100-sxm-80gb</c>, <c>2xh100-sxm</c>, <c>rtx-4090</c>, or of
/// different ones: <c>rtx-4090+2x:rtx-3090</c>.
/// </summary>
/// <param name="Accelerator">The accelerator, or the first of different ones.</param>
/// <param name="Count">Devices in all.</param>
public sealed record HardwareSpec(Accelerator Accelerator, int Count)
{
    public const int MaximumCount = 100_000;

    /// <summary>Different accelerators are a machine somebody built; no cluster is made of them.</summary>
    private const int MaximumUnequal = 64;

    /// <summary>Every device where they are not all the same accelerator; empty where they are.</summary>
    public ImmutableArray<Accelerator> Unequal { get; private init; } = [];

    public Accelerator DeviceAt(int index) => Unequal.IsEmpty ? Accelerator : Unequal[index];

    /// <exception cref="BadContentException">The word is not of this form.</exception>
    /// <exception cref="UnknownNameException">No accelerator, or several, go by the name in it.</exception>
    public static HardwareSpec Parse(string word, CatalogReader catalog)
    {
        if (!word.Contains('+', StringComparison.Ordinal) || catalog.Accelerators.Names.Exact(word.Trim()) is not null)
            return ParseEqual(word, catalog);

        var groups = word.Split('+').Select(group => ParseEqual(group, catalog)).ToList();
        var count = groups.Sum(group => (long)group.Count);
        var first = groups[0].Accelerator;
        if (groups.TrueForAll(group => group.Accelerator.Id == first.Id) && count <= MaximumCount)
            return new HardwareSpec(first, (int)count);
        if (count > MaximumUnequal)
            throw Bad(word, $"{count} different devices", $"at most {MaximumUnequal}");
        return new HardwareSpec(first, (int)count)
        {
            Unequal = [.. groups.SelectMany(group => Enumerable.Repeat(group.Accelerator, group.Count))],
        };
    }

    private static HardwareSpec ParseEqual(string word, CatalogReader catalog)
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
        !Unequal.IsEmpty ? string.Join('+', Unequal.Select(device => device.Id))
        : Count == 1 ? Accelerator.Id
        : string.Create(CultureInfo.InvariantCulture, $"{Count}x:{Accelerator.Id}");

    private static BadContentException Bad(string word, string found, string expected) =>
        new($"hardware \"{word}\"", "", found, expected);
}
