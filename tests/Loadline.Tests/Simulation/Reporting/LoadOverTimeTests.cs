using CsCheck;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation.Reporting;

public sealed class LoadOverTimeTests
{
    private static readonly Gen<(double Idle, double Busy, int Waiting, int Running)> Stretch = Gen.Select(
        Gen.OneOf(Gen.Const(0.0), Gen.Double[0, 20]),
        Gen.Double[1e-4, 10],
        Gen.Int[0, 50],
        Gen.Int[0, 50]
    );

    [Fact]
    public void No_time_and_no_load_is_lost_however_often_the_stretches_grow() =>
        Stretch
            .Array[1, 200]
            .Sample(stretches =>
            {
                var load = new LoadOverTime();
                var now = 0.0;
                var waiting = 0.0;
                var running = 0.0;
                foreach (var stretch in stretches)
                {
                    now += stretch.Idle;
                    load.Add(now, now + stretch.Busy, stretch.Waiting, stretch.Running, 0.5);
                    waiting += stretch.Busy * stretch.Waiting;
                    running += stretch.Busy * stretch.Running;
                    now += stretch.Busy;
                }

                var points = load.Points().ToList();
                points.Count.ShouldBeLessThanOrEqualTo(128);
                double Length(LoadPoint point) => Math.Min(load.Width, now - point.Seconds);
                points.Sum(Length).ShouldBe(now, 1e-9 * now);
                points.Sum(point => point.Waiting * Length(point)).ShouldBe(waiting, 1e-9 * (1 + waiting));
                points.Sum(point => point.Running * Length(point)).ShouldBe(running, 1e-9 * (1 + running));
            });
}
