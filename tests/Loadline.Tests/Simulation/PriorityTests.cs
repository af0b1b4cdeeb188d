using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

public sealed class PriorityTests
{
    private const int Requests = 400;

    /// <summary>More than the replica can serve at once, every other request urgent.</summary>
    private static Arrival[] Arrivals(int others) =>
        [
            .. Enumerable
                .Range(0, Requests)
                .Select(request => new Arrival(request * 0.005, 1000, 200)
                {
                    Priority = request % 2 == 0 ? 0 : others,
                }),
        ];

    [Fact]
    public void Urgent_requests_do_not_wait_for_others()
    {
        var run = Simulated.Run(Simulated.Pool(sequences: 16), Arrivals(others: 5)).Requests.ToArray();

        run.ShouldAllBe(request => request.IsComplete);
        Mean(run, urgent: true).ShouldBeLessThan(0.7 * Mean(run, urgent: false));
    }

    [Fact]
    public void Without_priorities_all_wait_alike()
    {
        var run = Simulated.Run(Simulated.Pool(sequences: 16), Arrivals(others: 0)).Requests.ToArray();

        Mean(run, urgent: true).ShouldBe(Mean(run, urgent: false), 0.05 * Mean(run, urgent: false));
    }

    [Fact]
    public void The_cache_is_taken_from_the_least_urgent()
    {
        // Room for four sequences at their full length, and six that begin together.
        var arrivals = Enumerable
            .Range(0, 6)
            .Select(request => new Arrival(0, 1600, 800) { Priority = request == 0 ? 9 : 0 })
            .ToArray();

        var run = Simulated.Run(Simulated.Pool(blocks: 4 * 150), arrivals).Requests.ToArray();

        run[0].Preemptions.ShouldBeGreaterThan(0);
        run[0].LastTokenSeconds.ShouldBe(run.Max(request => request.LastTokenSeconds));
    }

    private static double Mean(RequestRecord[] run, bool urgent) =>
        run.Where((_, request) => request % 2 == 0 == urgent).Average(request => request.TtftSeconds);
}
