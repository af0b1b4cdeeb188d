using System.Diagnostics;

namespace Loadline.Cli;

/// <summary>Says on standard error that work goes on, to a person at a terminal and only if it takes long.</summary>
internal static class Progress
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static T Run<T>(Surroundings surroundings, string what, Func<T> work) =>
        Run(surroundings, what, _ => work());

    /// <param name="surroundings">Whether a person watches.</param>
    /// <param name="what">What is being done.</param>
    /// <param name="work">Is given a way to say how far it is, such as "12 of 40 files".</param>
    public static T Run<T>(Surroundings surroundings, string what, Func<Action<string>, T> work)
    {
        if (!surroundings.ShowsProgress)
            return work(_ => { });

        var watch = Stopwatch.StartNew();
        var state = "";
        var longest = 0;
        using var timer = new Timer(
            _ =>
            {
                var line = $"{what}: {Volatile.Read(ref state)}{watch.Elapsed.TotalSeconds:F0} s";
                // A line that became shorter would leave the end of the longer one standing.
                longest = Math.Max(longest, line.Length);
                surroundings.Error.Write("\r" + line.PadRight(longest));
            },
            null,
            Patience,
            Patience
        );
        try
        {
            return work(text => Volatile.Write(ref state, text.Length == 0 ? "" : $"{text}, "));
        }
        finally
        {
            timer.Change(Timeout.Infinite, Timeout.Infinite);
            if (longest > 0)
                surroundings.Error.Write("\r" + new string(' ', longest) + "\r");
        }
    }
}
