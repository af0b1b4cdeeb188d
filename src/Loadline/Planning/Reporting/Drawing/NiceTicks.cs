using System.Collections.Immutable;

namespace Loadline.Planning;

/// <summary>Round numbers for an axis: increasing, covering the range, no more than asked for.</summary>
/// <remarks>Steps of 1, 2 and 5 times a power of ten: Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990.</remarks>
internal static class NiceTicks
{
    private static readonly int[] Steps = [1, 2, 5];

    /// <summary>Mantissas of logarithmic ticks, from the densest set to powers of ten alone.</summary>
    private static readonly int[][] Mantissas =
    [
        [1, 2, 5],
        [1, 3],
        [1],
    ];

    /// <param name="low">Finite lower end of the range.</param>
    /// <param name="high">Finite upper end; the same as the lower one for a single value.</param>
    /// <param name="most">At least 3: a step may end beyond either end of the range.</param>
    public static ImmutableArray<double> Linear(double low, double high, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 3);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(low, high);
        // A range too narrow to be told apart is as wide as its values, and a unit wide around zero.
        const double Narrowest = 1e-9;
        var size = Math.Max(Math.Abs(low), Math.Abs(high));
        if (high - low <= Narrowest * size)
            (low, high) = size > 0 ? (low - size / 2, high + size / 2) : (0, 1);
        var power = (int)Math.Floor(Math.Log10((high - low) / most));
        while (true)
        {
            foreach (var step in Steps)
            {
                var (first, last) = (FloorOf(low, step, power), CeilingOf(high, step, power));
                if (last - first + 1 <= most)
                    return [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => Times(first + i, step, power))];
            }
            power++;
        }
    }

    /// <inheritdoc cref="Linear"/>
    /// <summary>Round numbers of a logarithmic axis, whose range is above zero.</summary>
    public static ImmutableArray<double> Logarithmic(double low, double high, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 3);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(low);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(low, high);
        var firstPower = (int)Math.Floor(Math.Log10(low)) - 1;
        var lastPower = (int)Math.Ceiling(Math.Log10(high)) + 1;
        for (var stride = 1; ; stride++)
        {
            foreach (
                var mantissas in stride == 1
                    ? Mantissas
                    :
                    [
                        [1],
                    ]
            )
            {
                var all = new List<double>();
                for (var power = firstPower; power <= lastPower + stride; power += stride)
                    all.AddRange(mantissas.Select(mantissa => Times(1, mantissa, power)));
                var first = all.FindLastIndex(tick => tick <= low);
                var last = all.FindIndex(tick => tick >= high && tick > all[first]);
                if (last - first + 1 <= most)
                    return [.. all[first..(last + 1)]];
            }
        }
    }

    private static double FloorOf(double value, int step, int power)
    {
        var count = Math.Floor(value / Times(1, step, power));
        return Times(count, step, power) > value ? count - 1 : count;
    }

    private static double CeilingOf(double value, int step, int power) => -FloorOf(-value, step, power);

    /// <summary>Dividing by a power of ten is exact where multiplying by its inverse is not: 3 / 10 and not 3 x 0.1.</summary>
    private static double Times(double count, int step, int power) =>
        power < 0 ? count * step / Math.Pow(10, -power) : count * step * Math.Pow(10, power);
}
