namespace Loadline.Simulation;

/// <summary>The most a cluster can serve within its objectives, or the least it takes to serve so much.</summary>
/// <remarks>
/// Every trial draws the same numbers for the same request, so what differs between two of them is the load and nothing
/// else, and a bracket that holds once holds always.
/// </remarks>
public static class CapacitySearch
{
    /// <summary>Rates are found to this share.</summary>
    private const double Tolerance = 0.01;

    /// <summary>The largest amount, a rate or a number of users, that is served; 0 when not even the smallest is.</summary>
    /// <param name="isServed">Whether an amount is served; true below some amount, false above.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="least">Below which nobody asks.</param>
    /// <param name="most">Above which nobody asks.</param>
    /// <param name="isWhole">True for amounts that are counted.</param>
    public static double Largest(Func<double, bool> isServed, double start, double least, double most, bool isWhole)
    {
        var low = 0.0;
        var high = Math.Min(start, most);
        while (isServed(high))
        {
            low = high;
            if (high >= most)
                return most;
            high = Math.Min(2 * high, most);
        }
        while (high > least && high - low > Math.Max(isWhole ? 1 : 0, Tolerance * high))
        {
            var middle = low > 0 ? (low + high) / 2 : high / 2;
            if (isWhole)
                middle = Math.Max(1, Math.Floor(middle));
            if (isServed(middle))
                low = middle;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>The smallest number that is enough, up to a limit; null when the limit is not.</summary>
    public static int? Smallest(Func<int, bool> isEnough, int limit)
    {
        var low = 0;
        var high = 1;
        while (!isEnough(high))
        {
            low = high;
            if (high == limit)
                return null;
            high = Math.Min(2 * high, limit);
        }
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (isEnough(middle))
                high = middle;
            else
                low = middle;
        }
        return high;
    }
}
