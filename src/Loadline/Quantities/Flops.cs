namespace Loadline.Quantities;

/// <summary>A number of floating-point (or integer tensor) operations; a multiply-add is two.</summary>
public readonly record struct Flops(double Count)
{
    public static Flops operator +(Flops left, Flops right) => new(left.Count + right.Count);

    public static Duration operator /(Flops work, FlopRate rate) => new(work.Count / rate.PerSecond);
}

/// <summary>Operations per second, dense: a datasheet figure with sparsity is halved before it is entered.</summary>
public readonly record struct FlopRate(double PerSecond)
{
    private static readonly (string, double)[] Units =
    [
        ("GFLOP/s", 1e9),
        ("TFLOP/s", 1e12),
        ("PFLOP/s", 1e15),
        ("GOP/s", 1e9),
        ("TOP/s", 1e12),
        ("POP/s", 1e15),
    ];

    public static FlopRate operator *(FlopRate rate, double factor) => new(rate.PerSecond * factor);

    public static bool TryParse(string text, out FlopRate rate)
    {
        var read = UnitText.TryParse(text, Units, out var value) && value > 0;
        rate = new FlopRate(value);
        return read;
    }

    public override string ToString() => $"{Significant.Three(PerSecond / 1e12)} TFLOP/s";
}
