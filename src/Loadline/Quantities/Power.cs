namespace Loadline.Quantities;

/// <summary>Electrical power in watts.</summary>
public readonly record struct Power(double Watts)
{
    private static readonly (string, double)[] Units = [("W", 1), ("kW", 1e3), ("MW", 1e6)];

    public static bool TryParse(string text, out Power power)
    {
        var read = UnitText.TryParse(text, Units, out var watts) && watts >= 0;
        power = new Power(watts);
        return read;
    }

    public override string ToString() => $"{Significant.Three(Watts)} W";
}
