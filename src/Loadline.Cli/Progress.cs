using System.Diagnostics;

namespace Loadline.Cli;

/// <summary>Says on standard error that work goes on, to a person at a terminal and only if it takes long.</summary>
internal static class Progress
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static T Run<T>(Surroundings surroundings, string what, Func<T> work)
    {
        if (!surroundings.IsTerminal)
            return work();

        var watch = Stopwatch.StartNew();
        using var timer = new Timer(
            _ => surroundings.Error.Write($"\r{what}: {watch.Elapsed.TotalSeconds:F0} s"),
            null,
            Patience,
            Patience
        );
        try
        {
            return work();
        }
        finally
        {
            timer.Change(Timeout.Infinite, Timeout.Infinite);
            if (watch.Elapsed >= Patience)
                surroundings.Error.Write("\r" + new string(' ', what.Length + 10) + "\r");
        }
    }
}
