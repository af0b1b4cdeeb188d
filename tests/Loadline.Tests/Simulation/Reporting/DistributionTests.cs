using CsCheck;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation.Reporting;

/// <summary>Percentiles of single values, and of values too many to be kept.</summary>
public sealed class DistributionTests
{
    [Fact]
    public void Percentiles_are_those_of_numpy()
    {
        // numpy.percentile([15, 20, 35, 40, 50], [50, 90, 95, 99]) = 35, 46, 48, 49.6: place p x 4 between the values.
        var times = TimeDistribution.Of([50.0, 15, 40, 20, 35]);

        times.Mean.ShouldBe(32);
        times.P50.ShouldBe(35);
        times.P90.ShouldBe(46, 1e-12);
        times.P95.ShouldBe(48, 1e-12);
        times.P99.ShouldBe(49.6, 1e-12);
    }

    [Fact]
    public void One_value_is_all_of_them()
    {
        TimeDistribution.Of([7.0]).ShouldBe(new TimeDistribution(7, 7, 7, 7, 7));
    }

    [Fact]
    public void Of_nothing_there_is_none()
    {
        double.IsNaN(TimeDistribution.Of([]).P95).ShouldBeTrue();
        double.IsNaN(TimeDistribution.Of(new WeightedHistogram()).Mean).ShouldBeTrue();
        double.IsNaN(new WeightedHistogram().Percentile(0.5)).ShouldBeTrue();
    }

    [Fact]
    public void A_histogram_is_within_eight_thousandths_of_what_it_counted() =>
        // Bins are a sixty-fourth of an octave's beginning wide: half of that, 1 / 128, is the most the middle is off.
        Gen.Select(Gen.Double[-6, 4], Gen.Int[1, 50])
            .Select((exponent, weight) => (Seconds: Math.Pow(10, exponent), Weight: weight))
            .Array[1, 100]
            .Sample(values =>
            {
                var histogram = new WeightedHistogram();
                var all = new List<double>();
                foreach (var (seconds, weight) in values)
                {
                    histogram.Add(seconds, weight);
                    all.AddRange(Enumerable.Repeat(seconds, weight));
                }
                all.Sort();

                histogram.Count.ShouldBe(all.Count);
                histogram.Mean.ShouldBe(all.Average(), 1e-9 * all.Average());
                foreach (var share in (double[])[0.01, 0.5, 0.9, 0.99, 1])
                {
                    // The smallest value that at least a share of all do not exceed.
                    var exact = all[Math.Max(0, (int)Math.Ceiling(share * all.Count - 1e-9) - 1)];
                    histogram.Percentile(share).ShouldBe(exact, 0.008 * exact);
                }
            });

    [Fact]
    public void Two_histograms_add_up_to_that_of_all() =>
        Gen.Double[1e-5, 100]
            .Array[2, 50]
            .Sample(values =>
            {
                var all = new WeightedHistogram();
                var one = new WeightedHistogram();
                var other = new WeightedHistogram();
                for (var i = 0; i < values.Length; i++)
                {
                    all.Add(values[i], 1 + i);
                    (i % 2 == 0 ? one : other).Add(values[i], 1 + i);
                }
                one.Add(other);

                one.Count.ShouldBe(all.Count);
                one.Mean.ShouldBe(all.Mean, 1e-12 * all.Mean);
                one.Percentile(0.9).ShouldBe(all.Percentile(0.9));
            });
}
