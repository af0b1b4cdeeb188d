using System.Collections.Immutable;
using System.Globalization;

namespace Loadline.Catalog;

/// <summary>The numbers of a version such as 0.22.1, v0.6.4.post1, 1.3.0rc20 or a llama.cpp build b6077.</summary>
/// <remarks>What follows the numbers (rc, post, dev) is not compared: no rule has changed within a release so far.</remarks>
internal readonly record struct EngineVersion(ImmutableArray<int> Numbers) : IComparable<EngineVersion>
{
    public static EngineVersion Parse(string engine, string text)
    {
        var rest = text.AsSpan().Trim();
        if (rest.Length > 0 && rest[0] is 'v' or 'b')
            rest = rest[1..];

        var numbers = ImmutableArray.CreateBuilder<int>();
        while (rest.Length > 0 && char.IsAsciiDigit(rest[0]))
        {
            var end = rest.IndexOfAnyExceptInRange('0', '9');
            var digits = end < 0 ? rest : rest[..end];
            if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                throw Malformed(engine, text);

            numbers.Add(number);
            rest = rest[digits.Length..];
            if (rest.Length > 1 && rest[0] == '.' && char.IsAsciiDigit(rest[1]))
                rest = rest[1..];
        }

        // A suffix must set itself apart by a letter or sign: "0.22." and "0.22 x" are typing errors.
        var suffixed = rest.Length > 1 || (rest.Length == 1 && char.IsAsciiLetter(rest[0]));
        return numbers.Count > 0 && (rest.Length == 0 || (suffixed && !rest.Contains(' ')))
            ? new EngineVersion(numbers.ToImmutable())
            : throw Malformed(engine, text);
    }

    public int CompareTo(EngineVersion other)
    {
        for (var index = 0; index < Math.Max(Numbers.Length, other.Numbers.Length); index++)
        {
            var order = At(index).CompareTo(other.At(index));
            if (order != 0)
                return order;
        }
        return 0;
    }

    private int At(int index) => index < Numbers.Length ? Numbers[index] : 0;

    private static BadContentException Malformed(string engine, string text) =>
        new($"engine {engine}", "", $"version \"{text}\"", "a version such as 0.22, v0.6.4.post1 or b6077");
}
