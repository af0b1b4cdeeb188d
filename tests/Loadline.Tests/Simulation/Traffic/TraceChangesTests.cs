using CsCheck;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

public sealed class TraceChangesTests
{
    private static readonly Gen<Arrival[]> Traces = Gen.Select(
            Gen.Double[0, 100],
            Gen.Int[1, 1000],
            Gen.Int[0, 1000],
            Gen.Long[-5, 5]
        )
        .Array[2, 30]
        .Select(rows =>
            rows.OrderBy(row => row.Item1)
                .Select(row => new Arrival(row.Item1, row.Item2, row.Item3)
                {
                    Content = row.Item4 < 0 ? null : new PromptContent([new(row.Item4, 1)], row.Item4 + 100),
                })
                .ToArray()
        );

    [Fact]
    public void A_higher_rate_divides_the_times()
    {
        Arrival[] arrivals = [new(1, 10, 2), new(4, 20, 3)];

        arrivals.ScaleRate(2).ShouldBe([new(0.5, 10, 2), new(2, 20, 3)]);
        arrivals[0].Seconds.ShouldBe(1);
    }

    [Fact]
    public void A_stretch_of_time_counts_from_its_beginning()
    {
        Arrival[] arrivals = [new(1, 10, 2), new(4, 20, 3), new(5, 30, 4), new(8, 40, 5)];

        arrivals.Between(4, 8).ShouldBe([new(0, 20, 3), new(1, 30, 4)]);
        arrivals.Between(9, double.PositiveInfinity).ShouldBeEmpty();
    }

    [Fact]
    public void Stretches_without_a_gap_hold_every_request_once() =>
        Gen.Select(Traces, Gen.Double[0, 50], Gen.Double[50.01, 110])
            .Sample(
                (arrivals, one, other) =>
                    arrivals.Between(0, one + 0.005).Length
                        + arrivals.Between(one + 0.005, other).Length
                        + arrivals.Between(other, 200).Length
                    == arrivals.Length
            );

    [Fact]
    public void The_first_are_all_when_there_are_no_more()
    {
        Arrival[] arrivals = [new(1, 10, 2), new(4, 20, 3)];

        arrivals.First(1).ShouldBe([new(1, 10, 2)]);
        arrivals.First(5).ShouldBe(arrivals);
        arrivals.First(0).ShouldBeEmpty();
    }

    [Fact]
    public void Copies_follow_one_mean_gap_after_the_end()
    {
        // Gaps 1 and 3: the mean is 2, so the second copy begins at 5 + 2 = 7.
        Arrival[] arrivals = [new(1, 10, 2), new(2, 20, 3), new(5, 30, 4)];

        arrivals
            .Tiled(7)
            .Select(arrival => (arrival.Seconds, arrival.PromptTokens))
            .ShouldBe([(1, 10), (2, 20), (5, 30), (7, 10), (8, 20), (11, 30), (13, 10)]);
    }

    [Fact]
    public void Copies_share_within_themselves_what_the_first_does_and_nothing_with_each_other() =>
        Gen.Select(Traces, Gen.Int[1, 100])
            .Sample(
                (arrivals, count) =>
                {
                    var tiled = arrivals.Tiled(count);
                    for (var i = 0; i < count; i++)
                    {
                        for (var j = 0; j < count; j++)
                        {
                            var sameRound = i / arrivals.Length == j / arrivals.Length;
                            var content = arrivals[i % arrivals.Length].Content;
                            var other = arrivals[j % arrivals.Length].Content;
                            var shared = content is not null && content.Pieces[0] == other?.Pieces[0];
                            var tiledShared = tiled[i].Content?.Pieces[0] == tiled[j].Content?.Pieces[0];
                            if (content is not null && tiledShared != (shared && sameRound))
                                return false;
                            if (shared && (tiled[i].Content!.Answer == tiled[j].Content!.Answer) != sameRound)
                                return false;
                        }
                    }
                    return tiled.Length == count;
                },
                iter: 50
            );

    [Fact]
    public void Copies_keep_their_content_when_told_to()
    {
        Arrival[] arrivals = [new(1, 10, 2) { Content = new PromptContent([new(7, 10)]) }, new(2, 20, 3)];

        var tiled = arrivals.Tiled(4, keepContent: true);

        tiled[2].Content.ShouldBeSameAs(arrivals[0].Content);
        tiled[3].Content.ShouldBeNull();
    }

    [Fact]
    public void A_tiled_trace_is_in_order() =>
        Gen.Select(Traces, Gen.Int[1, 200])
            .Sample((arrivals, count) => new TraceTraffic(arrivals.Tiled(count)).Requests == count);

    [Fact]
    public void What_cannot_be_asked_is_refused()
    {
        Arrival[] one = [new(1, 10, 2)];

        Should.Throw<ArgumentOutOfRangeException>(() => one.Tiled(2));
        Should.Throw<ArgumentOutOfRangeException>(() => one.ScaleRate(0));
        Should.Throw<ArgumentOutOfRangeException>(() => one.ScaleRate(double.NaN));
        Should.Throw<ArgumentOutOfRangeException>(() => one.Between(2, 2));
        Should.Throw<ArgumentOutOfRangeException>(() => one.Between(-1, 2));
        Should.Throw<ArgumentOutOfRangeException>(() => one.First(-1));
    }
}
