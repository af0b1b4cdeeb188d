using System.Globalization;

namespace Loadline.Quantities;

/// <summary>An exact number of bytes. GB is 10^9 bytes, GiB is 2^30 bytes.</summary>
public readonly record struct ByteSize(long Bytes) : IComparable<ByteSize>
{
    /// <summary>2^63, the first number of bytes that a long cannot hold; as a double it is exact.</summary>
    private const double TooManyBytes = 9_223_372_036_854_775_808.0;

    public static ByteSize Zero => default;

    public double GiB => Bytes / (double)(1L << 30);

    public double MiB => Bytes / (double)(1L << 20);

    public static ByteSize FromGiB(double gib) => new((long)Math.Round(gib * (1L << 30)));

    public static ByteSize FromMiB(double mib) => new((long)Math.Round(mib * (1L << 20)));

    public static ByteSize operator +(ByteSize left, ByteSize right) => new(left.Bytes + right.Bytes);

    public static ByteSize operator -(ByteSize left, ByteSize right) => new(left.Bytes - right.Bytes);

    public static ByteSize operator *(ByteSize size, long count) => new(size.Bytes * count);

    public static Duration operator /(ByteSize size, Bandwidth rate) => new(size.Bytes / rate.BytesPerSecond);

    public static bool operator <(ByteSize left, ByteSize right) => left.Bytes < right.Bytes;

    public static bool operator >(ByteSize left, ByteSize right) => left.Bytes > right.Bytes;

    public static bool operator <=(ByteSize left, ByteSize right) => left.Bytes <= right.Bytes;

    public static bool operator >=(ByteSize left, ByteSize right) => left.Bytes >= right.Bytes;

    /// <summary>Reads "80 GiB", "141 GB" or "512 B"; a bare "G" is refused because it names two sizes.</summary>
    public static bool TryParse(string text, out ByteSize size)
    {
        size = default;
        if (!UnitText.TryParse(text, ByteUnits, out var bytes) || bytes is < 0 or >= TooManyBytes)
            return false;

        size = new ByteSize((long)Math.Round(bytes));
        return true;
    }

    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    /// <summary>Three significant digits in GiB or MiB, the unit memory is sold and logged in.</summary>
    public override string ToString() =>
        Math.Abs(Bytes) >= 1L << 28 ? $"{Significant.Three(GiB)} GiB"
        : Math.Abs(Bytes) >= 1L << 20 ? $"{Significant.Three(MiB)} MiB"
        : string.Create(CultureInfo.InvariantCulture, $"{Bytes:N0} B");

    internal static readonly (string Symbol, double Factor)[] ByteUnits =
    [
        ("B", 1),
        ("kB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("TB", 1e12),
        ("KiB", 1L << 10),
        ("MiB", 1L << 20),
        ("GiB", 1L << 30),
        ("TiB", 1L << 40),
    ];
}
