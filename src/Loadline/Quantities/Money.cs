using System.Globalization;

namespace Loadline.Quantities;

/// <summary>An amount in US dollars.</summary>
public readonly record struct Money(decimal Usd) : IComparable<Money>
{
    /// <summary>Hours in a month of 365.25 / 12 days, the month every monthly cost in Loadline means.</summary>
    public const decimal HoursPerMonth = 730.5m;

    public static Money Zero => default;

    public static Money operator +(Money left, Money right) => new(left.Usd + right.Usd);

    public static Money operator -(Money left, Money right) => new(left.Usd - right.Usd);

    public static Money operator *(Money amount, decimal count) => new(amount.Usd * count);

    public static bool operator <(Money left, Money right) => left.Usd < right.Usd;

    public static bool operator >(Money left, Money right) => left.Usd > right.Usd;

    public static bool operator <=(Money left, Money right) => left.Usd <= right.Usd;

    public static bool operator >=(Money left, Money right) => left.Usd >= right.Usd;

    /// <summary>Reads "8000 USD" or "0.54 USD".</summary>
    public static bool TryParse(string text, out Money money)
    {
        money = default;
        var trimmed = text.AsSpan().Trim();
        if (!trimmed.EndsWith("USD", StringComparison.Ordinal))
            return false;
        if (
            !decimal.TryParse(
                trimmed[..^3].Trim(),
                NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands,
                CultureInfo.InvariantCulture,
                out var usd
            )
        )
            return false;

        money = new Money(usd);
        return true;
    }

    public int CompareTo(Money other) => Usd.CompareTo(other.Usd);

    public override string ToString() => $"{Significant.Three((double)Usd)} USD";
}
