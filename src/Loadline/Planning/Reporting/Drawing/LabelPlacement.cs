namespace Loadline.Planning;

/// <summary>A rectangle on the picture, y downwards.</summary>
internal readonly record struct Box(double Left, double Top, double Width, double Height)
{
    public double Right => Left + Width;

    public double Bottom => Top + Height;

    public bool Overlaps(Box other) =>
        Left < other.Right && other.Left < Right && Top < other.Bottom && other.Top < Bottom;

    public bool Contains(Box other) =>
        Left <= other.Left && other.Right <= Right && Top <= other.Top && other.Bottom <= Bottom;
}

/// <summary>Finds places for labels beside their points that nothing else has taken.</summary>
internal sealed class LabelPlacement(Box area)
{
    private const double Gap = 6;

    /// <summary>How many heights of itself a label may move away.</summary>
    private const int Rings = 5;

    private readonly List<Box> taken = [];

    public void Take(Box box) => taken.Add(box);

    /// <summary>A free place beside a point, right first; null where there is none.</summary>
    public Box? Beside(double x, double y, double radius, double width, double height)
    {
        var away = radius + Gap;
        for (var ring = 0; ring < Rings; ring++)
        {
            var distance = away + ring * height;
            Box[] places =
            [
                new(x + away, y - height / 2 - (distance - away), width, height),
                new(x + away, y - height / 2 + (distance - away), width, height),
                new(x - away - width, y - height / 2 - (distance - away), width, height),
                new(x - away - width, y - height / 2 + (distance - away), width, height),
                new(x - width / 2, y - distance - height, width, height),
                new(x - width / 2, y + distance, width, height),
                new(x + Gap, y - distance - height, width, height),
                new(x - Gap - width, y - distance - height, width, height),
                new(x + Gap, y + distance, width, height),
                new(x - Gap - width, y + distance, width, height),
            ];
            foreach (var place in places)
            {
                if (area.Contains(place) && !taken.Exists(place.Overlaps))
                {
                    Take(place);
                    return place;
                }
            }
        }
        return null;
    }

    /// <summary>Moves positions apart until neighbours keep a gap, within bounds where there is room; order is kept.</summary>
    /// <returns>One position for each, in the order given.</returns>
    public static double[] Apart(IReadOnlyList<double> wanted, double gap, double low, double high)
    {
        var order = Enumerable.Range(0, wanted.Count).OrderBy(i => wanted[i]).ToArray();
        var places = new double[wanted.Count];
        var next = low;
        foreach (var i in order)
        {
            places[i] = Math.Max(wanted[i], next);
            next = places[i] + gap;
        }
        var last = high;
        foreach (var i in order.Reverse())
        {
            places[i] = Math.Min(places[i], last);
            last = places[i] - gap;
        }
        return places;
    }
}
