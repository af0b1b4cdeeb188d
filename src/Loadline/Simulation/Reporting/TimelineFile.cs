using System.Globalization;

namespace Loadline.Simulation;

/// <summary>
/// The steps of a run in the trace event format that Perfetto and chrome://tracing open: a process for each replica, its
/// steps, and how many requests run and wait.
/// </summary>
/// <remarks>
/// "Trace Event Format", Google, 2016: complete events ("X") and counters ("C"), times in microseconds.
/// </remarks>
public static class TimelineFile
{
    public static void Write(TextWriter writer, SimulationRun run)
    {
        writer.Write("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n");
        var isFirst = true;
        foreach (var replica in run.Spans.Select(item => item.Replica).Distinct().Order())
            Write(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":{replica},\"args\":{{\"name\":\"replica {replica}\"}}}}"
                )
            );
        foreach (var (replica, span) in run.Spans.OrderBy(item => item.Replica).ThenBy(item => item.Span.Start))
        {
            var name =
                span.Steps > 1 ? $"{span.Steps} steps"
                : span.HasPrompts ? "prompts"
                : "step";
            Write(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{{\"name\":\"{name}\",\"ph\":\"X\",\"pid\":{replica},\"tid\":0,\"ts\":{span.Start * 1e6:F1},\"dur\":{span.Seconds * 1e6:F1},\"args\":{{\"steps\":{span.Steps},\"tokensPerStep\":{span.Tokens:F0}}}}}"
                )
            );
            Write(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{{\"name\":\"requests\",\"ph\":\"C\",\"pid\":{replica},\"ts\":{span.Start * 1e6:F1},\"args\":{{\"running\":{span.Running},\"waiting\":{span.Waiting}}}}}"
                )
            );
        }
        writer.Write("\n]}\n");

        void Write(string text)
        {
            if (!isFirst)
                writer.Write(",\n");
            isFirst = false;
            writer.Write(text);
        }
    }
}
