using CsCheck;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>Replicas that fail and come back.</summary>
public sealed class OutageTests
{
    private static readonly Gen<Outage> Outage = Gen.Select(Gen.Int[0, 2], Gen.Double[0, 3], Gen.Double[0.01, 3])
        .Select((replica, from, length) => new Outage(replica, from, from + length));

    [Fact]
    public void No_request_is_lost_however_many_replicas_fail() =>
        Gen.Select(RandomRuns.Any, Outage.Array[1, 5])
            .Sample(
                (random, outages) =>
                {
                    var replicas = random.Cluster.Serving.Replicas;
                    var cluster = random.Cluster with
                    {
                        Outages = [.. outages.Select(outage => outage with { Replica = outage.Replica % replicas })],
                    };
                    foreach (var request in (random with { Cluster = cluster }).Play().Requests.Span)
                    {
                        (request.IsComplete ^ request.IsRejected).ShouldBeTrue();
                        if (!request.IsComplete)
                            continue;
                        request.FirstTokenSeconds.ShouldBeGreaterThan(request.ArrivalSeconds);
                        request.LastTokenSeconds.ShouldBeGreaterThanOrEqualTo(request.FirstTokenSeconds);
                    }
                },
                iter: 300
            );

    [Fact]
    public void What_a_failed_replica_worked_on_starts_again_on_another()
    {
        var run = Play(2, [new Arrival(0, 1000, 1000)], new Outage(0, 1, 100));

        var request = run.Requests.Span[0];
        var alone = Play(1, [new Arrival(0, 1000, 1000)]).Requests.Span[0];
        request.Replica.ShouldBe(1);
        request.TtftSeconds.ShouldBe(1 + alone.TtftSeconds, 0.001, "it starts again when the first fails");
        request.EndToEndSeconds.ShouldBe(1 + alone.EndToEndSeconds, 0.001 * alone.EndToEndSeconds);
    }

    [Fact]
    public void Where_all_are_down_requests_wait_until_one_is_back()
    {
        var run = Play(2, [new Arrival(0, 1000, 1000), new Arrival(5, 100, 10)], new(0, 1, 30), new(1, 2, 20));

        foreach (var request in run.Requests.Span)
        {
            request.IsComplete.ShouldBeTrue();
            request.Replica.ShouldBe(1);
            request.FirstTokenSeconds.ShouldBeInRange(20, 21);
        }
    }

    [Fact]
    public void A_replica_is_back_when_the_last_of_its_outages_is_over()
    {
        // In either order, overlapping or one right after the other.
        Outage[] outages = [new(0, 15, 30), new(0, 10, 20), new(0, 30, 40)];
        foreach (var order in (Outage[][])[outages, [.. outages.Reverse()]])
        {
            var run = Play(1, [new Arrival(12, 100, 10), new Arrival(21, 100, 10)], order);
            foreach (var request in run.Requests.Span)
                request.FirstTokenSeconds.ShouldBeInRange(40, 41);
        }
    }

    [Fact]
    public void The_cache_of_a_replica_does_not_survive_it()
    {
        var content = Simulated.Content((1, 1600));
        Arrival[] arrivals =
        [
            new(0, 2000, 2) { Content = content },
            new(5, 2000, 2) { Content = content },
            new(20, 2000, 2) { Content = content },
        ];

        var requests = Play(1, arrivals, new Outage(0, 10, 15)).Requests.ToArray();

        requests.Select(request => request.CachedTokens).ShouldBe([0, 1600, 0]);
    }

    [Fact]
    public void An_outage_after_the_last_answer_changes_nothing()
    {
        Arrival[] arrivals = [.. Enumerable.Range(0, 50).Select(i => new Arrival(i * 0.1, 500 + i, 50))];

        var calm = Play(2, arrivals);
        var late = Play(2, arrivals, new Outage(0, 1e6, 2e6));

        late.EndSeconds.ShouldBe(calm.EndSeconds, 1e-3 * calm.EndSeconds);
    }

    private static SimulationRun Play(int replicas, Arrival[] arrivals, params Outage[] outages) =>
        Simulator.Run(
            new Cluster { Serving = Simulated.Pool(replicas: replicas), Outages = [.. outages] },
            new TraceTraffic(arrivals)
        );
}
