using System.Globalization;

namespace Loadline.Simulation;

/// <summary>Every request of a run as CSV.</summary>
public static class RequestsFile
{
    private const string Heading =
        "request,replica,arrivalSeconds,promptTokens,cachedTokens,outputTokens,admittedSeconds,firstTokenSeconds,lastTokenSeconds,ttftSeconds,tpotSeconds,endToEndSeconds,preemptions,outcome";

    /// <summary>Times from the start of the run; a field is empty for what has not happened.</summary>
    public static void Write(TextWriter writer, ReadOnlySpan<RequestRecord> requests)
    {
        writer.Write(Heading + "\n");
        for (var i = 0; i < requests.Length; i++)
        {
            ref readonly var request = ref requests[i];
            var outcome =
                request.IsRejected ? "rejected"
                : request.IsComplete ? "complete"
                : "unfinished";
            writer.Write(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{i},{request.Replica},{Of(request.ArrivalSeconds)},{request.PromptTokens},{request.CachedTokens},{request.OutputTokens},{Of(request.AdmittedSeconds)},{Of(request.FirstTokenSeconds)},{Of(request.LastTokenSeconds)},{Of(request.TtftSeconds)},{Of(request.TpotSeconds)},{Of(request.EndToEndSeconds)},{request.Preemptions},{outcome}\n"
                )
            );
        }
    }

    private static string Of(double seconds) =>
        double.IsNaN(seconds) ? "" : seconds.ToString("0.######", CultureInfo.InvariantCulture);
}
