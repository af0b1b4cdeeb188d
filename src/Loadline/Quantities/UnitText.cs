using System.Buffers;
using System.Globalization;

namespace Loadline.Quantities;

/// <summary>Reads a number followed by one of a few unit symbols, the form quantities have in files.</summary>
internal static class UnitText
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.,+-eE");

    public static bool TryParse(string text, (string Symbol, double Factor)[] units, out double value)
    {
        value = 0;
        var trimmed = text.AsSpan().Trim();
        var digits = trimmed.IndexOfAnyExcept(NumberCharacters);
        // "5 EB" must not be read as the exponent of 5; exponents are followed by a digit, units by a letter or space.
        if (digits > 0 && trimmed[digits - 1] is 'e' or 'E')
            digits--;
        if (digits <= 0)
            return false;
        if (
            !double.TryParse(
                trimmed[..digits],
                NumberStyles.Float | NumberStyles.AllowThousands,
                CultureInfo.InvariantCulture,
                out var number
            ) || !double.IsFinite(number)
        )
            return false;

        var symbol = trimmed[digits..].Trim();
        foreach (var unit in units)
        {
            if (symbol.SequenceEqual(unit.Symbol))
            {
                value = number * unit.Factor;
                return double.IsFinite(value);
            }
        }
        return false;
    }
}
