using CsCheck;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

public sealed class ArrivalProcessTests
{
    private static readonly Gen<ArrivalProcess> Processes = Gen.Select(
            Gen.Double[0.01, 1000],
            Gen.OneOf(0.05, 0.3, 1, 2, 50, double.PositiveInfinity)
        )
        .Select((rate, burstiness) => ArrivalProcess.Gamma(new RateProfile.Constant(rate), burstiness));

    private static double[] Take(ArrivalProcess process, int count, ulong seed = 1) =>
        [.. process.Times(seed).Take(count)];

    private static double[] Gaps(double[] times) => [.. times.Skip(1).Zip(times, (later, earlier) => later - earlier)];

    [Fact]
    public void Even_arrivals_begin_at_the_start() =>
        Take(ArrivalProcess.Even(new RateProfile.Constant(4)), 5).ShouldBe([0, 0.25, 0.5, 0.75, 1]);

    [Fact]
    public void Times_are_in_order_and_not_negative() =>
        Gen.Select(Processes, Gen.ULong)
            .Sample(
                (process, seed) =>
                {
                    var times = Take(process, 200, seed);
                    return times[0] >= 0 && Gaps(times).All(gap => gap >= 0);
                }
            );

    [Fact]
    public void The_same_seed_gives_the_same_times_and_another_gives_others() =>
        Gen.Select(Processes, Gen.ULong)
            .Sample(
                (process, seed) =>
                    Take(process, 50, seed).SequenceEqual(Take(process, 50, seed))
                    && (
                        double.IsPositiveInfinity(process.Burstiness)
                        || !Take(process, 50, seed).SequenceEqual(Take(process, 50, unchecked(seed + 1)))
                    )
            );

    [Fact]
    public void Times_are_those_at_rate_1_divided_by_the_rate() =>
        Gen.Select(Processes, Gen.ULong, Gen.Double[0.001, 1000])
            .Sample(
                (process, seed, rate) =>
                {
                    var one = ArrivalProcess.Gamma(new RateProfile.Constant(1), process.Burstiness);
                    var other = ArrivalProcess.Gamma(new RateProfile.Constant(rate), process.Burstiness);
                    return Take(other, 100, seed).SequenceEqual(Take(one, 100, seed).Select(time => time / rate));
                }
            );

    // The mean of n gaps strays by sqrt(1 / (b n)); a squared coefficient of variation c by about c sqrt((2 + 6 / b) / n),
    // as the excess kurtosis of a gamma is 6 / b. Four times that is passed once in 16,000.
    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(40)]
    public void Gaps_have_the_mean_and_the_variation_asked_for(double burstiness)
    {
        const int count = 100_000;
        var process = ArrivalProcess.Gamma(new RateProfile.Constant(5), burstiness);

        var gaps = Gaps(Take(process, count + 1, seed: 7));

        var mean = gaps.Average();
        var variation = gaps.Sum(gap => (gap - mean) * (gap - mean)) / count / (mean * mean);
        mean.ShouldBe(0.2, 0.2 * 4 * Math.Sqrt(1 / (burstiness * count)));
        variation.ShouldBe(1 / burstiness, 4 / burstiness * Math.Sqrt((2 + 6 / burstiness) / count));
    }

    [Fact]
    public void Gaps_of_a_Poisson_process_are_exponential()
    {
        const int count = 20_000;
        var gaps = Gaps(Take(ArrivalProcess.Poisson(new RateProfile.Constant(2)), count + 1));
        Array.Sort(gaps);

        // Kolmogorov-Smirnov: 1.95 / sqrt(n) is passed once in a thousand.
        var distance = gaps.Select((gap, i) => Math.Abs(1 - Math.Exp(-2 * gap) - (i + 0.5) / count)).Max();
        distance.ShouldBeLessThan(1.95 / Math.Sqrt(count));
    }

    [Fact]
    public void Gamma_arrivals_of_burstiness_1_are_a_Poisson_process()
    {
        var rate = new RateProfile.Constant(3);

        Take(ArrivalProcess.Gamma(rate, 1), 100).ShouldBe(Take(ArrivalProcess.Poisson(rate), 100));
    }

    [Fact]
    public void Stages_follow_each_other_and_end()
    {
        // 2 in the first 2 s, none for 3 s, then 4 in 1 s.
        var rate = new RateProfile.Staged([new(1, 2), new(0, 3), new(4, 1)]);

        ArrivalProcess.Even(rate).Times(1).ShouldBe([0, 1, 5, 5.25, 5.5, 5.75]);
    }

    [Fact]
    public void Stages_hold_as_many_as_their_rates_let_expect() =>
        Gen.Select(Gen.Select(Gen.Int[0, 20], Gen.Int[1, 20]).Array[1, 8], Gen.ULong)
            .Where((stages, _) => stages.Any(stage => stage.Item1 > 0))
            .Sample(
                (stages, _) =>
                {
                    var process = ArrivalProcess.Even(
                        new RateProfile.Staged([.. stages.Select(stage => new RateStage(stage.Item1, stage.Item2))])
                    );
                    var times = process.Times(1).ToArray();
                    var start = 0;
                    foreach (var (rate, seconds) in stages)
                    {
                        if (times.Count(time => time >= start && time < start + seconds) != rate * seconds)
                            return false;
                        start += seconds;
                    }
                    return times.Length == stages.Sum(stage => stage.Item1 * stage.Item2);
                }
            );

    [Fact]
    public void A_day_repeats_and_keeps_its_proportions()
    {
        // Night 1 to 12 of day 3, of which the mean is 2: half and one and a half times the 0.01 per second.
        var hours = Enumerable.Repeat(1.0, 12).Concat(Enumerable.Repeat(3.0, 12)).ToArray();
        var rate = new RateProfile.Daily(0.01, [.. hours]);

        var times = ArrivalProcess.Even(rate).Times(1).TakeWhile(time => time < 2 * 86_400).ToArray();

        times.Length.ShouldBe(2 * 864);
        times.Count(time => time % 86_400 < 43_200).ShouldBe(2 * 216);
    }

    [Fact]
    public void A_day_without_any_in_some_hours_has_none_then()
    {
        double[] hours = [.. Enumerable.Repeat(0.0, 9), .. Enumerable.Repeat(1.0, 8), .. Enumerable.Repeat(0.0, 7)];
        var process = ArrivalProcess.Poisson(new RateProfile.Daily(0.02, [.. hours]));

        var times = process.Times(3).TakeWhile(time => time < 5 * 86_400).ToArray();

        // 0.02 x 86,400 x 5 = 8,640 expected; the deviation is their root, 93.
        times.Length.ShouldBeInRange(8_640 - 4 * 93, 8_640 + 4 * 93);
        times.ShouldAllBe(time => time % 86_400 >= 9 * 3600 && time % 86_400 <= 17 * 3600);
    }

    [Fact]
    public void More_requests_are_not_expected_sooner() =>
        Gen.Select(Gen.Double[0, 3].Array[24], Gen.Double[0, 10_000], Gen.Double[0, 10_000])
            .Where((hours, _, _) => hours.Sum() > 0)
            .Sample(
                (hours, one, other) =>
                {
                    var day = new RateProfile.Daily(0.01, [.. hours]);
                    return day.SecondsAt(Math.Min(one, other)) <= day.SecondsAt(Math.Max(one, other)) + 1e-6;
                }
            );

    [Fact]
    public void What_no_process_has_is_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new RateProfile.Constant(0));
        Should.Throw<ArgumentOutOfRangeException>(() => new RateProfile.Constant(double.NaN));
        Should.Throw<ArgumentOutOfRangeException>(() => ArrivalProcess.Gamma(new RateProfile.Constant(1), 0));
        Should.Throw<ArgumentException>(() => new RateProfile.Staged([]));
        Should.Throw<ArgumentException>(() => new RateProfile.Staged([new(0, 1)]));
        Should.Throw<ArgumentException>(() => new RateProfile.Staged([new(1, 0)]));
        Should.Throw<ArgumentException>(() => new RateProfile.Staged([new(-1, 1), new(2, 1)]));
        Should.Throw<ArgumentException>(() => new RateProfile.Daily(1, [1, 2, 3]));
        Should.Throw<ArgumentException>(() => new RateProfile.Daily(1, [.. new double[24]]));
        Should.Throw<ArgumentException>(() => new RateProfile.Daily(1, [.. Enumerable.Repeat(double.NaN, 24)]));
        Should.Throw<ArgumentException>(() => new RateProfile.Daily(1, [-1, .. Enumerable.Repeat(1.0, 23)]));
    }
}
