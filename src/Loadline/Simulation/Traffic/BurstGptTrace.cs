namespace Loadline.Simulation;

/// <summary>Requests to a campus service in front of ChatGPT and GPT-4: times in seconds and lengths.</summary>
/// <remarks>
/// Wang et al., "BurstGPT", arXiv 2401.17644; https://github.com/HPMLL/BurstGPT. Rows without response tokens are
/// requests that failed there; they are kept, as requests whose prompt is computed and not answered. The data set does
/// not say whether request tokens include the earlier turns of a session, so sessions share no content.
/// </remarks>
internal static class BurstGptTrace
{
    private const int Timestamp = 0;
    private const int RequestTokens = 1;
    private const int ResponseTokens = 2;

    public static readonly TraceFormat Format = new(
        "BurstGPT CSV",
        IsJson: false,
        [
            new("Timestamp"),
            new("Request tokens"),
            new("Response tokens"),
            new("Session ID", TraceValue.Text, Required: false),
            new("Elapsed time", Required: false),
            new("Model", TraceValue.Text, Required: false),
            new("Total tokens", Required: false),
            new("Log Type", TraceValue.Text, Required: false),
        ],
        Read
    );

    private static void Read(TraceRows rows, TraceBuilder trace)
    {
        double? start = null;
        while (rows.Next())
        {
            var seconds = rows.Seconds(Timestamp);
            seconds -= start ??= seconds;
            var arrival = new Arrival(seconds, rows.Tokens(RequestTokens, least: 1), rows.Tokens(ResponseTokens));
            trace.Add(rows, Timestamp, arrival);
        }
    }
}
