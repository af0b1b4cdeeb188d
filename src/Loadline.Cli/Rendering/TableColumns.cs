namespace Loadline.Cli.Rendering;

/// <summary>How wide the columns of a table are: figures in one line, words whole, the rest shared out.</summary>
internal static class TableColumns
{
    public static bool IsFigure(string heading) => heading.StartsWith('>');

    public static string Name(string heading) => heading.TrimStart('>');

    /// <summary>Null when words would have to be cut.</summary>
    public static int[]? Fit(IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows, int available)
    {
        var wanted = new int[headings.Count];
        var widths = new int[headings.Count];
        for (var i = 0; i < headings.Count; i++)
        {
            var cells = rows.Select(row => row[i]).Append(Name(headings[i])).ToList();
            wanted[i] = cells.Max(cell => cell.Length);
            widths[i] = IsFigure(headings[i]) ? wanted[i] : cells.Max(cell => cell.Split(' ').Max(word => word.Length));
        }
        var left = available - widths.Sum();
        if (left < 0)
            return null;
        // What is left goes to the columns that still wrap, from the left.
        for (var i = 0; i < widths.Length; i++)
        {
            var more = Math.Min(left, wanted[i] - widths[i]);
            widths[i] += more;
            left -= more;
        }
        return widths;
    }
}
