using CsCheck;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>The same traffic and cluster give the same bytes, however the work is spread.</summary>
public sealed class RerunTests
{
    [Fact]
    public void A_second_run_writes_the_same_bytes() =>
        RandomRuns.Any.Sample(random => Simulated.File(random.Play()) == Simulated.File(random.Play()), iter: 200);

    [Fact]
    public void Eight_replicas_side_by_side_write_the_same_bytes_every_time()
    {
        Arrival[] arrivals =
        [
            .. Enumerable.Range(0, 4000).Select(i => new Arrival(0.01 * i, 200 + 37 * i % 3000, 1 + 53 * i % 700)),
        ];
        var first = Simulated.File(Play());
        for (var i = 0; i < 5; i++)
            Simulated.File(Play()).ShouldBe(first);

        SimulationRun Play() =>
            Simulated.Run(
                Simulated.Pool(replicas: 8, times: new StepTimes(Simulated.Llama8B)),
                arrivals,
                door: FrontDoor.Usual
            );
    }

    [Fact]
    public void Replicas_side_by_side_do_what_they_do_one_after_another()
    {
        // An outage long after the end keeps the replicas in step with each other. Stretches of steps are then cut in more
        // places, and each is a straight line between its ends: a time is off by a thousandth, and whoever comes right at
        // the end of a step may catch the next or not.
        RandomRuns.Any.Sample(
            random =>
            {
                // Behind doors of different speed they reach the router in another order than they came.
                var cluster = random.Cluster with
                {
                    Routing = RoutingPolicy.RoundRobin,
                    FrontDoor = default,
                };
                var fitting = (random with { Cluster = cluster }).Play().Requests.ToArray();
                var accepted = random.Arrivals.Where((_, i) => !fitting[i].IsRejected).ToArray();
                var apart = (new RandomRun(cluster, accepted)).Play().Requests.ToArray();
                var together = (new RandomRun(cluster with { Outages = [new Outage(0, 1e8, 2e8)] }, accepted))
                    .Play()
                    .Requests.ToArray();
                together.Select(request => request.Replica).ShouldBe(apart.Select(request => request.Replica));
                if (apart.Length > 0)
                {
                    var mean = apart.Average(request => request.EndToEndSeconds);
                    together.Average(request => request.EndToEndSeconds).ShouldBe(mean, 0.005 * mean);
                }
            },
            iter: 200
        );
    }
}
