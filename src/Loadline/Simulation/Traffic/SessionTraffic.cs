namespace Loadline.Simulation;

/// <summary>
/// Sessions that arrive when they arrive, each of whose turns follows the answer to the one before: partly open loop.
/// </summary>
/// <remarks>
/// Schroeder, Wierman and Harchol-Balter, "Open versus closed: a cautionary tale", NSDI 2006. Lengths and thoughts of a
/// turn are drawn by session and turn, so they are the same however quickly it is served.
/// </remarks>
public sealed class SessionTraffic : Traffic
{
    private readonly SessionPlan plan;
    private readonly List<Session> sessions = [];
    private readonly List<Turn> turns = [];

    /// <exception cref="InvalidOperationException">
    /// Neither a count nor a time nor the process sets an end before 100 million requests.
    /// </exception>
    public SessionTraffic(SessionPlan plan)
    {
        const int Most = 100_000_000;
        this.plan = plan;
        foreach (var seconds in plan.Process.Times(plan.Seed).Take(plan.Sessions))
        {
            if (!(seconds < plan.Seconds))
                break;
            var session = sessions.Count;
            sessions.Add(new Session(seconds, plan.SystemPrompt?.GroupOf(plan.Seed, session) ?? 0, turns.Count));
            PlanTurns(session);
            if (turns.Count > Most)
                throw new InvalidOperationException($"sessions without an end before {Most} requests");
        }
    }

    public int Sessions => sessions.Count;

    public override int Requests => turns.Count;

    public override bool WaitsForAnswers => true;

    public override TrafficFeed Start() => new Feed(this);

    private void PlanTurns(int session)
    {
        var wanted = plan.Turns.Turns(Random(TrafficStream.Turns).Uniform(session));
        var context = (long)(plan.SystemPrompt?.Tokens ?? 0);
        for (var i = 0; i < wanted; i++)
        {
            var index = Index(session, i);
            var message = plan.Message.Tokens(Random(TrafficStream.Messages).Uniform(index));
            var answer = plan.Answer.Tokens(Random(TrafficStream.Answers).Uniform(index));
            context += message + answer;
            if (i > 0 && context > plan.MostContext)
                return;
            turns.Add(new Turn(session, i, message, answer));
        }
    }

    private double ThinkSeconds(Turn turn) =>
        plan.Think.Seconds(Random(TrafficStream.Thoughts).Uniform(Index(turn.Session, turn.Number)));

    private bool IsLast(int turn) => turn + 1 == turns.Count || turns[turn + 1].Number == 0;

    private ContentPiece BeginningOf(int session) =>
        plan.SystemPrompt is { } prompt ? new ContentPiece(sessions[session].Group, prompt.Tokens) : default;

    /// <summary>Of a turn's message; the next is that of its answer. System prompts have the first names.</summary>
    private long NameOf(int turn) => (plan.SystemPrompt?.Groups ?? 0) + 2L * turn;

    private CounterRandom Random(TrafficStream stream) => new(plan.Seed, (ulong)stream);

    /// <summary>Apart for every turn a session can have.</summary>
    private static long Index(int session, int turn) => (long)session * TurnCount.Most + turn;

    private readonly record struct Session(double Seconds, int Group, int FirstTurn);

    /// <summary>A request; those of a session follow each other.</summary>
    private readonly record struct Turn(int Session, int Number, int MessageTokens, int AnswerTokens);

    private sealed class Feed(SessionTraffic traffic) : TrafficFeed
    {
        /// <summary>Later turns, by when they are sent and then by their place in the plan.</summary>
        private readonly PriorityQueue<int, (double Seconds, int Turn)> later = new();

        /// <summary>Of sessions with turns to come.</summary>
        private readonly Dictionary<int, Conversation> conversations = [];

        private readonly List<int> taken = [];
        private int nextSession;

        public override double NextSeconds => Math.Min(BeginSeconds, LaterSeconds);

        private double BeginSeconds =>
            nextSession < traffic.sessions.Count ? traffic.sessions[nextSession].Seconds : double.PositiveInfinity;

        private double LaterSeconds => later.TryPeek(out _, out var first) ? first.Seconds : double.PositiveInfinity;

        public override Arrival Take()
        {
            var seconds = NextSeconds;
            var turn = BeginSeconds <= LaterSeconds ? traffic.sessions[nextSession++].FirstTurn : later.Dequeue();
            taken.Add(turn);
            return Ask(turn, seconds);
        }

        public override void Ended(int request, double seconds)
        {
            var turn = taken[request];
            if (traffic.IsLast(turn))
                return;
            later.Enqueue(turn + 1, (seconds + traffic.ThinkSeconds(traffic.turns[turn]), turn + 1));
        }

        private Arrival Ask(int turn, double seconds)
        {
            var (session, number, messageTokens, answerTokens) = traffic.turns[turn];
            if (number == 0)
                conversations.Add(session, new Conversation(traffic.BeginningOf(session)));
            var conversation = conversations[session];
            if (traffic.IsLast(turn))
                conversations.Remove(session);

            var prompt = conversation.Tokens + messageTokens;
            var content = conversation.Ask(
                new ContentPiece(traffic.NameOf(turn), messageTokens),
                new ContentPiece(traffic.NameOf(turn) + 1, answerTokens)
            );
            return new Arrival(seconds, prompt, answerTokens) { Content = content };
        }
    }
}
