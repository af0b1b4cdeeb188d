namespace Loadline.Quantities;

/// <summary>Bytes moved per second, of a memory or of one direction of a link.</summary>
public readonly record struct Bandwidth(double BytesPerSecond)
{
    private static readonly (string, double)[] Units =
    [
        ("B/s", 1),
        ("kB/s", 1e3),
        ("MB/s", 1e6),
        ("GB/s", 1e9),
        ("TB/s", 1e12),
        ("PB/s", 1e15),
    ];

    public static Bandwidth operator *(Bandwidth rate, double factor) => new(rate.BytesPerSecond * factor);

    public static bool TryParse(string text, out Bandwidth rate)
    {
        var read = UnitText.TryParse(text, Units, out var value) && value > 0;
        rate = new Bandwidth(value);
        return read;
    }

    public override string ToString() =>
        BytesPerSecond >= 1e12
            ? $"{Significant.Three(BytesPerSecond / 1e12)} TB/s"
            : $"{Significant.Three(BytesPerSecond / 1e9)} GB/s";
}
