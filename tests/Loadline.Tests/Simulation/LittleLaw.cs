using CsCheck;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>
/// The number in the system over time and the times in the system are two accounts of the same thing: Little, "A proof for
/// the queuing formula L = lambda W", Operations Research 9(3), 1961.
/// </summary>
public sealed class LittleLaw
{
    [Fact]
    public void The_number_in_the_system_adds_up_to_the_time_in_it() =>
        RandomRuns.Any.Sample(
            random =>
            {
                var run = random.Play();
                var numberTime = run.Spans.Sum(item => (item.Span.Running + item.Span.Waiting) * item.Span.Seconds);

                var ready = ReadyAt(random);
                var timeInSystem = 0.0;
                for (var i = 0; i < ready.Length; i++)
                {
                    var request = run.Requests.Span[i];
                    if (!request.IsRejected)
                        timeInSystem += request.LastTokenSeconds - FirstStepFrom(run, request.Replica, ready[i]);
                }

                numberTime.ShouldBe(timeInSystem, 1e-9 * Math.Max(1, timeInSystem));
            },
            iter: 300
        );

    [Fact]
    public void The_load_over_time_is_that_of_the_steps() =>
        RandomRuns.Any.Sample(
            random =>
            {
                var run = random.Play();
                for (var replica = 0; replica < run.Load.Count; replica++)
                {
                    var spans = run.Spans.Where(item => item.Replica == replica).Select(item => item.Span).ToList();
                    var points = run.Load[replica];
                    if (points.Length < 2)
                        continue;
                    var width = points[1].Seconds;
                    var end = spans.Max(span => span.Start + span.Seconds);
                    double Length(LoadPoint point) => Math.Min(width, end - point.Seconds);

                    points
                        .Sum(point => point.Running * Length(point))
                        .ShouldBe(spans.Sum(span => span.Running * span.Seconds), 1e-6);
                    points
                        .Sum(point => point.Waiting * Length(point))
                        .ShouldBe(spans.Sum(span => span.Waiting * span.Seconds), 1e-6);
                }
            },
            iter: 300
        );

    /// <summary>When each request is behind the front door, which reads one after another for each replica.</summary>
    private static double[] ReadyAt(RandomRun random)
    {
        var door = random.Cluster.FrontDoor;
        var cache = random.Cluster.Serving.Cache;
        var freeFrom = new double[random.Cluster.Serving.Replicas];
        var ready = new double[random.Arrivals.Length];
        for (var i = 0; i < ready.Length; i++)
        {
            var (seconds, prompt, output) = random.Arrivals[i];
            var blocks = (prompt + Math.Max(0, output - 1) + 15) / 16 + cache.BlocksPerSequence;
            if (blocks > cache.Blocks)
                continue;
            ref var free = ref freeFrom[i % freeFrom.Length];
            free = Math.Max(seconds, free) + door.Seconds + door.SecondsPerToken * prompt;
            ready[i] = free + door.LatencySeconds;
        }
        return ready;
    }

    /// <summary>A step looks at the line when it begins, so a request counts from the first that begins after it came.</summary>
    private static double FirstStepFrom(SimulationRun run, int replica, double seconds) =>
        run.Spans.Where(item => item.Replica == replica && item.Span.Start >= seconds).Min(item => item.Span.Start);
}
