using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation.Reporting;

/// <summary>What is said of a run: which requests count, and whether its line grew.</summary>
public sealed class RunFiguresTests
{
    [Fact]
    public void Figures_of_four_requests_are_those_worked_out_by_hand()
    {
        // Warm-up 5 s from the first arrival at 10: the window is 15 to 30, the last arrival.
        var run = RunOf(
            Request(10, first: 11, last: 16, output: 11),
            Request(16, first: 17, last: 27, output: 101),
            Request(20, first: 23, last: 40, output: 18),
            Request(30, first: 31, last: 31, output: 1)
        );

        var figures = RunFigures.Of(run, new RequestObjectives { TtftSeconds = 2 }, 5);

        figures.Requests.ShouldBe(4);
        figures.Completed.ShouldBe(4);
        // The first comes in the warm-up; its tokens end in the window.
        figures.Counted.ShouldBe(3);
        figures.Ttft.Mean.ShouldBe((1 + 3 + 1) / 3.0, 1e-12);
        figures.EndToEnd.Mean.ShouldBe((11 + 20 + 1) / 3.0, 1e-12);
        // 10 s over 100 further tokens and 17 s over 17; the answer of one token has none.
        figures.Tpot.Mean.ShouldBe((0.1 + 1) / 2, 1e-12);
        figures.OutputTokensPerSecond.ShouldBe((11 + 101) / 15.0, 1e-12);
        figures.RequestsPerSecond.ShouldBe(2 / 15.0, 1e-12);
        figures.Attainment.ShouldBe(2 / 3.0, 1e-12);
        figures.Goodput.ShouldBe(2 / 15.0, 1e-12);
        // In the window: 15-16, 16-27, 20-30 and nothing of the last.
        figures.InFlight.ShouldBe((1 + 11 + 10) / 15.0, 1e-12);
        figures.IsSaturated.ShouldBeFalse();
    }

    [Fact]
    public void Who_is_turned_away_does_not_keep_the_objectives()
    {
        var run = RunOf(Request(0, 1, 2, 10), Request(1, 2, 3, 10), Rejected(2), Request(3, 4, 5, 10));

        var figures = RunFigures.Of(run, new RequestObjectives { EndToEndSeconds = 100 }, 0);

        figures.Rejected.ShouldBe(1);
        figures.Counted.ShouldBe(3);
        figures.Attainment.ShouldBe(0.75);
    }

    [Fact]
    public void Where_all_are_turned_away_nothing_is_served_well()
    {
        var figures = RunFigures.Of(RunOf(Rejected(0), Rejected(1)), new RequestObjectives(), 0);

        figures.Attainment.ShouldBe(0);
        figures.Goodput.ShouldBe(0);
        figures.OutputTokensPerSecond.ShouldBe(0);
    }

    [Fact]
    public void A_single_request_is_counted_over_its_own_time()
    {
        var figures = RunFigures.Of(RunOf(Request(3, 4, 8, 20)), new RequestObjectives(), 0);

        figures.Counted.ShouldBe(1);
        figures.OutputTokensPerSecond.ShouldBe(20 / 5.0, 1e-12);
        figures.InFlight.ShouldBe(1, 1e-12);
    }

    [Fact]
    public void Nothing_at_all_is_no_figures()
    {
        var figures = RunFigures.Of(RunOf(), new RequestObjectives(), 0);

        figures.Requests.ShouldBe(0);
        double.IsNaN(figures.Ttft.Mean).ShouldBeTrue();
        figures.Goodput.ShouldBe(0);
        figures.IsSaturated.ShouldBeFalse();
    }

    [Theory]
    [InlineData(0.5, false)]
    [InlineData(1.5, true)]
    [InlineData(10, true)]
    [InlineData(1e6, true)]
    public void A_machine_that_gets_more_than_it_can_do_is_saturated(double load, bool isSaturated)
    {
        // One place, and as many requests in a second as it can answer one after another, times the load.
        var pool = Simulated.Pool(sequences: 1);
        var alone = Simulated.Run(pool, [new Arrival(0, 500, 50)]).Requests.Span[0].EndToEndSeconds;
        Arrival[] arrivals = [.. Enumerable.Range(0, 1000).Select(i => new Arrival(i * alone / load, 500, 50))];

        var figures = RunFigures.Of(Simulated.Run(pool, arrivals), new RequestObjectives(), 100 * alone / load);

        figures.IsSaturated.ShouldBe(isSaturated);
    }

    [Fact]
    public void A_batch_that_comes_at_once_is_not_a_line_that_grows()
    {
        Arrival[] arrivals = [.. Enumerable.Repeat(new Arrival(1, 500, 50), 500)];

        RunFigures
            .Of(Simulated.Run(Simulated.Pool(sequences: 4), arrivals), new RequestObjectives(), 0)
            .IsSaturated.ShouldBeFalse();
    }

    private static RequestRecord Request(double arrival, double first, double last, int output) =>
        new()
        {
            ArrivalSeconds = arrival,
            PromptTokens = 100,
            OutputTokens = output,
            AdmittedSeconds = arrival,
            FirstTokenSeconds = first,
            LastTokenSeconds = last,
        };

    private static RequestRecord Rejected(double arrival) =>
        Request(arrival, double.NaN, double.NaN, 10) with
        {
            AdmittedSeconds = double.NaN,
            IsRejected = true,
        };

    private static SimulationRun RunOf(params RequestRecord[] requests) =>
        new()
        {
            Requests = requests,
            Gaps = new WeightedHistogram(),
            Load = [],
            Preemptions = 0,
            PeakCacheUse = 0,
            EndSeconds = requests.Length == 0 ? 0 : requests.Max(request => request.LastTokenSeconds),
            IsPartial = false,
            WaitsForAnswers = false,
            Spans = [],
        };
}
