namespace Loadline.Simulation;

/// <summary>Requests that were recorded.</summary>
/// <param name="Format">Which layout the file has.</param>
/// <param name="Arrivals">In the order of their arrival; at least one.</param>
public sealed record Trace(string Format, Arrival[] Arrivals)
{
    public TraceSummary Summary { get; } = TraceSummary.Of(Arrivals);
}

/// <summary>
/// Reads recorded requests: the traces Azure, Mooncake and BurstGPT published, and a plain format for one's own.
/// </summary>
/// <remarks>
/// <para>
/// Times of published traces count from their first request. A file is taken as a whole or refused: no row is left out.
/// BurstGPT's failed requests are kept, as requests with no output.
/// </para>
/// <para>
/// The plain format has the columns, or in JSON lines the names, arrivalSeconds, promptTokens and outputTokens. With
/// session, a later prompt of the same session begins with the prompt and the answer in front; with sharedPrefixTokens,
/// prompts of the same prefixId begin with the same tokens.
/// </para>
/// </remarks>
public static class TraceReader
{
    private static readonly TraceFormat[] Formats =
    [
        AzureTrace.Format,
        MooncakeTrace.Format,
        BurstGptTrace.Format,
        PlainTrace.Csv,
        PlainTrace.Json,
    ];

    /// <param name="name">Of the file, for messages.</param>
    /// <param name="text">From the first line on.</param>
    /// <exception cref="BadContentException">Of no known format, empty, or a row that cannot be.</exception>
    public static Trace Read(string name, TextReader text)
    {
        var lines = new TraceLines(name, text);
        if (!lines.Next())
            throw new BadContentException(name, "", "an empty file", "a request trace");

        var isJson = lines.Current.TrimStart() is ['{', ..];
        var heading = isJson ? JsonTraceRows.Heading(lines) : CsvTraceRows.Heading(lines);
        var format =
            Formats.FirstOrDefault(format => format.IsJson == isJson && !format.RequiredColumns.Except(heading).Any())
            ?? throw Unknown(lines, heading, isJson);
        TraceRows rows = isJson ? new JsonTraceRows(lines, format.Columns) : new CsvTraceRows(lines, format.Columns);

        var trace = new TraceBuilder();
        format.Read(rows, trace);
        return trace.IsEmpty
            ? throw new BadContentException(name, "", "a heading without rows", "a request trace")
            : new Trace(format.Name, trace.Build());
    }

    private static BadContentException Unknown(TraceLines lines, IReadOnlyList<string> heading, bool isJson)
    {
        var known = Formats
            .Where(format => format.IsJson == isJson)
            .Select(format => $"{string.Join(", ", format.RequiredColumns)} ({format.Name})");
        return new BadContentException(
            lines.File,
            $"line {lines.Number}",
            $"{(isJson ? "names" : "columns")} \"{TraceRows.Short(string.Join(", ", heading))}\"",
            string.Join("; or ", known)
        );
    }
}
