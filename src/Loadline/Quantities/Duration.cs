namespace Loadline.Quantities;

/// <summary>A length of time in seconds, as physics gives it; <see cref="TimeSpan"/> is for clocks.</summary>
public readonly record struct Duration(double Seconds) : IComparable<Duration>
{
    private static readonly (string, double)[] Units = [("us", 1e-6), ("ms", 1e-3), ("s", 1), ("min", 60), ("h", 3600)];

    public static Duration Zero => default;

    public double Milliseconds => Seconds * 1e3;

    public static Duration FromMicroseconds(double microseconds) => new(microseconds * 1e-6);

    public static Duration FromMilliseconds(double milliseconds) => new(milliseconds * 1e-3);

    public static Duration operator +(Duration left, Duration right) => new(left.Seconds + right.Seconds);

    public static Duration operator -(Duration left, Duration right) => new(left.Seconds - right.Seconds);

    public static Duration operator *(Duration duration, double count) => new(duration.Seconds * count);

    public static double operator /(Duration left, Duration right) => left.Seconds / right.Seconds;

    public static bool operator <(Duration left, Duration right) => left.Seconds < right.Seconds;

    public static bool operator >(Duration left, Duration right) => left.Seconds > right.Seconds;

    public static bool operator <=(Duration left, Duration right) => left.Seconds <= right.Seconds;

    public static bool operator >=(Duration left, Duration right) => left.Seconds >= right.Seconds;

    /// <summary>Reads "1.5 s", "50 ms", "3s", "2 min" or "7 us".</summary>
    public static bool TryParse(string text, out Duration duration)
    {
        var read = UnitText.TryParse(text, Units, out var seconds) && seconds >= 0;
        duration = new Duration(seconds);
        return read;
    }

    public int CompareTo(Duration other) => Seconds.CompareTo(other.Seconds);

    public override string ToString() =>
        Seconds is 0 ? "0 s"
        : Math.Abs(Seconds) < 1e-3 ? $"{Significant.Three(Seconds * 1e6)} us"
        : Math.Abs(Seconds) < 1 ? $"{Significant.Three(Seconds * 1e3)} ms"
        : $"{Significant.Three(Seconds)} s";
}
