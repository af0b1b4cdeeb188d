using CsCheck;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

public sealed class SessionTrafficTests
{
    private static readonly SessionPlan Example = new()
    {
        Process = ArrivalProcess.Even(new RateProfile.Constant(1)),
        Turns = new TurnCount.Constant(3),
        Message = new LengthSampler.Constant(10),
        Answer = new LengthSampler.Constant(5),
        Think = new ThinkTime.Constant(2),
        SystemPrompt = new SharedPrefix(100),
        Sessions = 2,
    };

    private static readonly Gen<SessionPlan> Plans = Gen.Select(
            Gen.Double[0.1, 10],
            Gen.Double[1, 8],
            Gen.Int[0, 3],
            Gen.Double[0, 30],
            Gen.Int[100, 5_000],
            Gen.ULong
        )
        .Select(
            (rate, turns, groups, think, context, seed) =>
                new SessionPlan
                {
                    Process = ArrivalProcess.Poisson(new RateProfile.Constant(rate)),
                    Turns = new TurnCount.Geometric(turns),
                    Message = new LengthSampler.LogNormal(new TokenLengths(60, 150)),
                    Answer = new LengthSampler.Uniform(1, 200),
                    Think = new ThinkTime.Exponential(think),
                    SystemPrompt = groups == 0 ? null : new SharedPrefix(300, groups),
                    MostContext = context,
                    Sessions = 20,
                    Seed = seed,
                }
        );

    /// <summary>Serves every request in the same time, as many at once as there are.</summary>
    private static List<Arrival> Serve(Traffic traffic, double seconds)
    {
        var feed = traffic.Start();
        var served = new List<Arrival>();
        var running = new PriorityQueue<int, (double Seconds, int Request)>();
        while (true)
        {
            running.TryPeek(out _, out var first);
            if (running.Count > 0 && first.Seconds <= feed.NextSeconds)
            {
                running.Dequeue();
                feed.Ended(first.Request, first.Seconds);
            }
            else if (double.IsFinite(feed.NextSeconds))
            {
                running.Enqueue(served.Count, (feed.NextSeconds + seconds, served.Count));
                served.Add(feed.Take());
            }
            else
            {
                return served;
            }
        }
    }

    [Fact]
    public void A_turn_follows_the_answer_to_the_one_before_after_some_thought()
    {
        var traffic = new SessionTraffic(Example);

        // Sessions begin at 0 and 1 s; a turn takes 0.5 s to answer and 2 s to think.
        var served = Serve(traffic, 0.5);

        traffic.WaitsForAnswers.ShouldBeTrue();
        traffic.Sessions.ShouldBe(2);
        traffic.Requests.ShouldBe(6);
        served
            .Select(arrival => (arrival.Seconds, arrival.PromptTokens, arrival.OutputTokens))
            .ShouldBe([(0, 110, 5), (1, 110, 5), (2.5, 125, 5), (3.5, 125, 5), (5, 140, 5), (6, 140, 5)]);
    }

    [Fact]
    public void A_prompt_is_the_system_prompt_and_all_that_was_said()
    {
        var served = Serve(new SessionTraffic(Example with { Sessions = 1 }), 0.5);

        var contents = served.Select(arrival => arrival.Content!).ToArray();
        var system = new ContentPiece(0, 100);
        var first = contents[0].Pieces;
        first.ShouldBe([system, new(first[1].Id, 10)]);
        var second = contents[1].Pieces;
        second.ShouldBe([.. first, new(contents[0].Answer!.Value, 5), new(second[3].Id, 10)]);
        var third = contents[2].Pieces;
        third.ShouldBe([.. second, new(contents[1].Answer!.Value, 5), new(third[5].Id, 10)]);
        third.Concat([new(contents[2].Answer!.Value, 5)]).Select(piece => piece.Id).ShouldBeUnique();
    }

    [Fact]
    public void Every_prompt_is_named_whole_and_extends_that_of_the_turn_before() =>
        Gen.Select(Plans, Gen.Double[0, 20])
            .Sample(
                (plan, seconds) =>
                {
                    var traffic = new SessionTraffic(plan);
                    var served = Serve(traffic, seconds);
                    var answered = new Dictionary<long, Arrival>();
                    var names = new Dictionary<long, long>();
                    var begun = 0;
                    foreach (var arrival in served)
                    {
                        var pieces = arrival.Content!.Pieces;
                        if (arrival.Content.Tokens != arrival.PromptTokens)
                            return false;
                        // A name always stands behind the same name.
                        for (var i = 1; i < pieces.Length; i++)
                        {
                            if (
                                !names.TryAdd(pieces[i].Id, pieces[i - 1].Id)
                                && names[pieces[i].Id] != pieces[i - 1].Id
                            )
                                return false;
                        }

                        var fresh = plan.SystemPrompt is null ? 1 : 2;
                        if (pieces.Length <= fresh)
                        {
                            begun++;
                        }
                        else
                        {
                            var before = answered[pieces[^2].Id];
                            var history = before.Content!.Pieces.Add(new(pieces[^2].Id, before.OutputTokens));
                            if (!pieces.AsSpan()[..^1].SequenceEqual(history.AsSpan()))
                                return false;
                            if (arrival.PromptTokens + arrival.OutputTokens > plan.MostContext)
                                return false;
                        }
                        answered.Add(arrival.Content.Answer!.Value, arrival);
                    }
                    return begun == traffic.Sessions && served.Count == traffic.Requests;
                }
            );

    [Fact]
    public void How_fast_it_is_served_changes_no_length() =>
        Gen.Select(Plans, Gen.Double[0, 5], Gen.Double[5, 50])
            .Sample(
                (plan, fast, slow) =>
                {
                    var traffic = new SessionTraffic(plan);
                    return Lengths(Serve(traffic, fast)).SequenceEqual(Lengths(Serve(traffic, slow)));
                }
            );

    private static IEnumerable<(long, int, int)> Lengths(List<Arrival> served) =>
        served.Select(arrival => (arrival.Content!.Answer!.Value, arrival.PromptTokens, arrival.OutputTokens)).Order();

    [Fact]
    public void A_session_ends_before_its_context_is_too_long()
    {
        // 115 tokens after the first turn, 130 after the second, 145 after the third.
        new SessionTraffic(Example with { MostContext = 145 }).Requests.ShouldBe(6);
        new SessionTraffic(Example with { MostContext = 144 }).Requests.ShouldBe(4);
        new SessionTraffic(Example with { MostContext = 20 }).Requests.ShouldBe(2);
    }

    [Fact]
    public void Sessions_end_with_the_time() =>
        new SessionTraffic(Example with { Sessions = int.MaxValue, Seconds = 10 }).Sessions.ShouldBe(10);

    [Fact]
    public void A_session_whose_answer_does_not_come_sends_nothing_more()
    {
        var feed = new SessionTraffic(Example with { Sessions = 1 }).Start();

        feed.NextSeconds.ShouldBe(0);
        feed.Take();
        feed.NextSeconds.ShouldBe(double.PositiveInfinity);
        feed.Ended(0, 7);
        feed.NextSeconds.ShouldBe(9);
    }

    [Fact]
    public void Groups_have_system_prompts_of_their_own()
    {
        var plan = Example with { Sessions = 50, SystemPrompt = new SharedPrefix(100, groups: 3) };

        var served = Serve(new SessionTraffic(plan), 0.5);

        served
            .Select(arrival => arrival.Content!.Pieces[0])
            .Distinct()
            .Order(ById)
            .ShouldBe([new(0, 100), new(1, 100), new(2, 100)]);
        served.Select(arrival => arrival.Content!.Pieces[1].Id).ShouldAllBe(id => id >= 3);
    }

    private static readonly Comparer<ContentPiece> ById = Comparer<ContentPiece>.Create(
        (one, other) => one.Id.CompareTo(other.Id)
    );

    [Theory]
    [InlineData(1)]
    [InlineData(1.5)]
    [InlineData(12)]
    public void Geometric_turns_have_the_mean_asked_for(double mean)
    {
        const int count = 200_000;
        var turns = new TurnCount.Geometric(mean);

        // Midpoints of equal slices of probability.
        var average = Enumerable.Range(0, count).Average(i => turns.Turns((i + 0.5) / count));

        average.ShouldBe(mean, mean * 1e-3);
        turns.Turns(1e-16).ShouldBe(1);
    }

    [Fact]
    public void Thoughts_have_the_mean_asked_for()
    {
        const int count = 200_000;
        var think = new ThinkTime.Exponential(8);

        Enumerable.Range(0, count).Average(i => think.Seconds((i + 0.5) / count)).ShouldBe(8, 0.01);
        ThinkTime.None.Seconds(0.3).ShouldBe(0);
    }

    [Fact]
    public void Plans_that_cannot_be_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new TurnCount.Constant(0));
        Should.Throw<ArgumentOutOfRangeException>(() => new TurnCount.Geometric(0.5));
        Should.Throw<ArgumentOutOfRangeException>(() => new TurnCount.Geometric(double.NaN));
        Should.Throw<ArgumentOutOfRangeException>(() => new ThinkTime.Constant(-1));
        Should.Throw<ArgumentOutOfRangeException>(() => new ThinkTime.Exponential(double.PositiveInfinity));
        Should.Throw<ArgumentOutOfRangeException>(() => new SharedPrefix(0));
        Should.Throw<ArgumentOutOfRangeException>(() => new SharedPrefix(5, 0));
    }
}
