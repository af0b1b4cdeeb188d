namespace Loadline.Simulation;

/// <summary>
/// Loadline's own format, as CSV and as JSON lines: when, how long, and optionally a session whose later prompts begin
/// with the prompt and answer in front, and a named beginning that prompts share.
/// </summary>
internal static class PlainTrace
{
    /// <summary>A turn repeats the pieces of all turns in front: what a file may ask for is more than it holds.</summary>
    private const long MostPieces = 20_000_000;

    private const int ArrivalSeconds = 0;
    private const int PromptTokens = 1;
    private const int OutputTokens = 2;
    private const int Session = 3;
    private const int SharedPrefixTokens = 4;
    private const int PrefixId = 5;
    private const int Priority = 6;

    private static readonly TraceColumn[] Columns =
    [
        new("arrivalSeconds"),
        new("promptTokens"),
        new("outputTokens"),
        new("session", TraceValue.Text, Required: false),
        new("sharedPrefixTokens", Required: false),
        new("prefixId", TraceValue.Text, Required: false),
        new("priority", Required: false),
    ];

    public static readonly TraceFormat Csv = new("Loadline CSV", IsJson: false, Columns, Read);

    public static readonly TraceFormat Json = new("Loadline JSONL", IsJson: true, Columns, Read);

    private static void Read(TraceRows rows, TraceBuilder trace)
    {
        var contents = new Contents();
        while (rows.Next())
        {
            var arrival = new Arrival(
                rows.Seconds(ArrivalSeconds),
                rows.Tokens(PromptTokens, least: 1),
                rows.Tokens(OutputTokens)
            );
            trace.Add(
                rows,
                ArrivalSeconds,
                arrival with
                {
                    Content = contents.Of(rows, arrival),
                    Priority = rows.Text(Priority).IsEmpty ? 0 : rows.Tokens(Priority),
                }
            );
        }
    }

    private sealed class Contents
    {
        private readonly Dictionary<string, (PromptContent Content, long Line)> prefixes = [];
        private readonly Dictionary<string, Conversation> sessions = [];
        private long names;
        private long pieces;

        public PromptContent? Of(TraceRows row, Arrival arrival)
        {
            var prefix = Prefix(row, arrival.PromptTokens);
            if (row.Text(Session).IsEmpty)
                return prefix;

            var name = row.Text(Session).ToString();
            if (!sessions.TryGetValue(name, out var session))
            {
                session = new Conversation(prefix is null ? default : prefix.Pieces[0]);
                sessions.Add(name, session);
            }
            else if (prefix is not null && prefix.Pieces[0] != session.Beginning)
            {
                throw row.Wrong(SharedPrefixTokens, "the beginning of the session's first row, or none");
            }
            return Ask(row, session, arrival);
        }

        private PromptContent Ask(TraceRows row, Conversation session, Arrival arrival)
        {
            if (arrival.PromptTokens < session.Tokens)
                throw row.Wrong(
                    PromptTokens,
                    $"at least the {session.Tokens} of prompt and answer in front in session \"{row.ShortText(Session)}\""
                );

            var message = new ContentPiece(names++, arrival.PromptTokens - session.Tokens);
            var content = session.Ask(message, new ContentPiece(names++, arrival.OutputTokens));
            pieces += session.Pieces;
            return pieces <= MostPieces
                ? content
                : throw row.Wrong(Session, $"shorter sessions, with at most {MostPieces} earlier messages in all");
        }

        private PromptContent? Prefix(TraceRows row, int prompt)
        {
            var tokens = row.Text(SharedPrefixTokens).IsEmpty ? 0 : row.Tokens(SharedPrefixTokens);
            var name = row.Text(PrefixId).ToString();
            if (tokens == 0)
                return name.Length == 0 ? null : throw row.Wrong(SharedPrefixTokens, "tokens of what prefixId names");
            if (tokens > prompt)
                throw row.Wrong(SharedPrefixTokens, $"at most the {prompt} of the prompt");

            if (!prefixes.TryGetValue(name, out var prefix))
            {
                prefix = (new PromptContent([new ContentPiece(names++, tokens)]), row.Line);
                prefixes.Add(name, prefix);
            }
            return prefix.Content.Tokens == tokens
                ? prefix.Content
                : throw row.Wrong(
                    SharedPrefixTokens,
                    $"{prefix.Content.Tokens} as in line {prefix.Line}, or another prefixId"
                );
        }
    }
}
