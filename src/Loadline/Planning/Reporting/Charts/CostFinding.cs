namespace Loadline.Planning;

/// <summary>Says in a line which way is the cheapest over time.</summary>
internal static class CostFinding
{
    public static string Of(CostOverTime costs)
    {
        var series = costs.Series.OrNone().Where(line => line.CumulativeUsd.OrNone().Length > 1).ToList();
        if (series.Count == 0)
            return "What it costs over time is not known";
        var months = series.Min(line => line.CumulativeUsd.Length) - 1;
        var first = CheapestAt(1);
        var last = CheapestAt(months);
        if (series.Count == 1)
            return $"{Wording.Doing(first.Way)} is the only way that was reckoned over {months} months";
        if (first == last)
            return $"{Wording.Doing(first.Way)} is the cheapest way in all {months} months";
        // The month in which what is cheapest in the end overtakes what was before.
        var stated = costs
            .BreakEvens.OrNone()
            .FirstOrDefault(mark => mark.Cheaper == last.Name && mark.Than == first.Name)
            ?.Month;
        var month = stated ?? Enumerable.Range(1, months).First(month => Cost(last, month) < Cost(first, month));
        return $"{Wording.Doing(first.Way)} stays cheaper until month {month:0}, then {Lower(Wording.Doing(last.Way))}";

        CostSeries CheapestAt(int month) => series.MinBy(line => Cost(line, month))!;
    }

    private static double Cost(CostSeries line, int month) => line.CumulativeUsd[month].Value;

    private static string Lower(string text) => char.ToLowerInvariant(text[0]) + text[1..];
}
