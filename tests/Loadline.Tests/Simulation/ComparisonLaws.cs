using CsCheck;
using Loadline.Catalog;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>The same requests under another load or with more machines: what has to be slower is.</summary>
public sealed class ComparisonLaws
{
    private static readonly Gen<Arrival[]> Stream = Gen.Select(Gen.ULong, Gen.Double[0.5, 30])
        .Select(
            (seed, rate) =>
                new GeneratedTraffic
                {
                    Process = ArrivalProcess.Poisson(new RateProfile.Constant(rate)),
                    Lengths = new RequestLengths.Independent(
                        new LengthSampler.Uniform(100, 3000),
                        new LengthSampler.Uniform(10, 400)
                    ),
                    Count = 300,
                    Seed = seed,
                }.Generate()
        );

    [Fact]
    public void First_tokens_do_not_come_earlier_when_the_same_requests_come_faster() =>
        // Not for every request: one that comes a little earlier may catch a step that it would have missed. A mean of 300
        // hides most of that; 5 % are granted for the rest, where the wait is a step or two and not a line.
        Gen.Select(Stream, Gen.Double[1.2, 4], RandomRuns.Policy)
            .Where((_, _, policy) => policy != SchedulingPolicy.StaticBatch)
            .Sample(
                (stream, factor, policy) =>
                {
                    var slow = MeanTtft(Simulated.Run(Simulated.Pool(policy), stream));
                    var fast = MeanTtft(Simulated.Run(Simulated.Pool(policy), stream.ScaleRate(factor)));
                    fast.ShouldBeGreaterThanOrEqualTo(0.95 * slow);
                },
                iter: 60
            );

    [Fact]
    public void More_replicas_do_not_slow_anyone_down_on_average() =>
        Gen.Select(Stream, Gen.Int[1, 3])
            .Sample(
                (stream, replicas) =>
                {
                    var few = Simulated.Run(Simulated.Pool(replicas: replicas), stream, RoutingPolicy.LeastLoaded);
                    var many = Simulated.Run(Simulated.Pool(replicas: replicas + 1), stream, RoutingPolicy.LeastLoaded);
                    // Whoever joins no running step may wait for the launch of one of its own.
                    MeanTtft(many).ShouldBeLessThanOrEqualTo(1.05 * MeanTtft(few));
                    MeanEndToEnd(many).ShouldBeLessThanOrEqualTo(1.01 * MeanEndToEnd(few));
                },
                iter: 40
            );

    [Fact]
    public void A_machine_whose_steps_are_slower_answers_later() =>
        Gen.Select(Stream, Gen.Double[1.1, 2], RandomRuns.Policy)
            .Sample(
                (stream, slowdown, policy) =>
                {
                    var slower = new StepTimes(Simulated.Llama8B, null, slowdown);
                    MeanEndToEnd(Simulated.Run(Simulated.Pool(policy, times: slower), stream))
                        .ShouldBeGreaterThan(MeanEndToEnd(Simulated.Run(Simulated.Pool(policy), stream)));
                },
                iter: 40
            );

    [Fact]
    public void One_replica_twice_as_often_is_two_that_each_get_half() =>
        Stream.Sample(
            stream =>
            {
                // Dealt out in turn, the even ones on the first are as if they were alone.
                var both = Simulated.Run(Simulated.Pool(replicas: 2), stream).Requests.ToArray();
                var half = Simulated.Run(Simulated.Pool(), [.. stream.Where((_, i) => i % 2 == 0)]).Requests.ToArray();
                for (var i = 0; i < half.Length; i++)
                    both[2 * i].LastTokenSeconds.ShouldBe(half[i].LastTokenSeconds, 1e-9);
            },
            iter: 20
        );

    private static double MeanTtft(SimulationRun run) => run.Requests.ToArray().Average(request => request.TtftSeconds);

    private static double MeanEndToEnd(SimulationRun run) =>
        run.Requests.ToArray().Average(request => request.EndToEndSeconds);
}
