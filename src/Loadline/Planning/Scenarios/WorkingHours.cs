using System.Collections.Immutable;

namespace Loadline.Planning;

/// <summary>Hours of a week in which people work, counted from Monday 00:00.</summary>
/// <param name="Text">As the user wrote it.</param>
/// <param name="Busy">168 hours.</param>
/// <param name="DaysPerWeek">Days that have such hours; a night belongs to the day it begins on.</param>
public sealed record WorkingHours(string Text, ImmutableArray<bool> Busy, int DaysPerWeek = 7)
{
    public const int HoursOfWeek = 24 * 7;

    private static readonly string[] Days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

    public static WorkingHours Always { get; } = new("Mon-Sun 00-24", [.. Enumerable.Repeat(true, HoursOfWeek)]);

    public int HoursPerWeek => Busy.Count(busy => busy);

    /// <summary>Reads "always", "Mon-Fri 08-18", "Mon-Sun 22-06" over midnight, or several with commas; null if it is none.</summary>
    public static WorkingHours? Parse(string text)
    {
        if (text is "always" or "24/7")
            return Always;
        var busy = new bool[HoursOfWeek];
        var worked = new bool[Days.Length];
        foreach (var part in text.Split(','))
        {
            if (part.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var days, var hours])
                return null;
            if (DaysOf(days) is not var (first, last) || HoursOf(hours) is not var (start, end))
                return null;
            for (var day = first; day <= last; day++)
            {
                worked[day] = true;
                for (var hour = start; hour < end; hour++)
                    busy[(day * 24 + hour) % HoursOfWeek] = true;
            }
        }
        return new WorkingHours(text, [.. busy], worked.Count(day => day));
    }

    private static (int First, int Last)? DaysOf(string text)
    {
        var ends = text.Split('-');
        var first = Array.IndexOf(Days, ends[0]);
        var last = Array.IndexOf(Days, ends[^1]);
        return ends.Length is 1 or 2 && first >= 0 && last >= first ? (first, last) : null;
    }

    /// <summary>An end at or before the start is on the next day.</summary>
    private static (int Start, int End)? HoursOf(string text)
    {
        if (
            text.Split('-') is not [var from, var to]
            || !int.TryParse(from, out var start)
            || !int.TryParse(to, out var end)
            || start is < 0 or > 23
            || end is < 0 or > 24
            || start == end
        )
            return null;
        return (start, end > start ? end : end + 24);
    }
}
