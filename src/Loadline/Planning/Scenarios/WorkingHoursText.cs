namespace Loadline.Planning;

/// <summary>Reads "Mon-Fri 08-18" or "always".</summary>
internal static class WorkingHoursText
{
    private static readonly string[] Days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

    public static WorkingHours? Parse(string text)
    {
        if (text is "always" or "24/7")
            return WorkingHours.Always;
        if (text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var days, var hours])
            return null;
        if (DayCount(days) is not { } count || HourCount(hours) is not { } length)
            return null;
        return new WorkingHours(text, count * length);
    }

    private static int? DayCount(string text)
    {
        var ends = text.Split('-');
        var first = Array.IndexOf(Days, ends[0]);
        var last = Array.IndexOf(Days, ends[^1]);
        return ends.Length is 1 or 2 && first >= 0 && last >= first ? last - first + 1 : null;
    }

    private static int? HourCount(string text) =>
        text.Split('-') is [var from, var to]
        && int.TryParse(from, out var start)
        && int.TryParse(to, out var end)
        && start is >= 0 and < 24
        && end <= 24
        && end > start
            ? end - start
            : null;
}
