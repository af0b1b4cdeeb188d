using System.Globalization;

namespace Loadline.Simulation;

/// <summary>Traces of Azure's inference services, of 2023 and 2024: points in time and lengths.</summary>
/// <remarks>
/// https://github.com/Azure/AzurePublicDataset, AzureLLMInferenceDataset2023 (Patel et al., "Splitwise", ISCA 2024) and
/// 2024 (Stojkovic et al., "DynamoLLM", arXiv 2408.00741).
/// </remarks>
internal static class AzureTrace
{
    private const int Timestamp = 0;
    private const int ContextTokens = 1;
    private const int GeneratedTokens = 2;

    public static readonly TraceFormat Format = new(
        "Azure LLM inference CSV",
        IsJson: false,
        [new("TIMESTAMP", TraceValue.Text), new("ContextTokens"), new("GeneratedTokens")],
        Read
    );

    private static void Read(TraceRows rows, TraceBuilder trace)
    {
        long? start = null;
        while (rows.Next())
        {
            var ticks = Ticks(rows);
            var seconds = (double)(ticks - (start ??= ticks)) / TimeSpan.TicksPerSecond;
            if (seconds > TraceRows.LatestSeconds)
                throw rows.Wrong(Timestamp, $"at most {TraceRows.LatestSeconds:0} seconds after the first row");
            var arrival = new Arrival(seconds, rows.Tokens(ContextTokens, least: 1), rows.Tokens(GeneratedTokens));
            trace.Add(rows, Timestamp, arrival);
        }
    }

    /// <summary>2023-11-16 18:15:46.6805900 in 2023, 2024-05-10 00:00:00.009930+00:00 in 2024; no fraction when it is 0.</summary>
    private static long Ticks(TraceRows rows)
    {
        const string wholeSeconds = "yyyy-MM-dd HH:mm:ss";
        var text = rows.Text(Timestamp);
        if (
            text.Length < wholeSeconds.Length
            || !DateTime.TryParseExact(
                text[..wholeSeconds.Length],
                wholeSeconds,
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out var time
            )
        )
            throw Wrong(rows);

        var rest = text[wholeSeconds.Length..];
        var zone = rest.IndexOfAny('+', '-');
        var fraction = zone < 0 ? rest : rest[..zone];
        var offset = zone < 0 ? [] : rest[zone..];
        return time.Ticks + Fraction(rows, fraction) - Offset(rows, offset);
    }

    private static long Fraction(TraceRows rows, ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return 0;
        // Ticks have 7 digits.
        if (
            text is not ['.', .. { Length: <= 7 } digits]
            || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var fraction)
        )
            throw Wrong(rows);
        for (var i = digits.Length; i < 7; i++)
            fraction *= 10;
        return fraction;
    }

    private static long Offset(TraceRows rows, ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return 0;
        if (!TimeSpan.TryParseExact(text[1..], @"hh\:mm", CultureInfo.InvariantCulture, out var offset))
            throw Wrong(rows);
        return text[0] == '-' ? -offset.Ticks : offset.Ticks;
    }

    private static BadContentException Wrong(TraceRows rows) =>
        rows.Wrong(Timestamp, "a time like 2023-11-16 18:15:46.6805900 or 2024-05-10 00:00:00.009930+00:00");
}
