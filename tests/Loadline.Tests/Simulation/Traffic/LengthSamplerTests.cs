using CsCheck;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

public sealed class LengthSamplerTests
{
    private static readonly Gen<double> Uniform = Gen.Double[1e-16, 1 - 1e-16];

    [Fact]
    public void Constant_lengths_are_alike() =>
        Uniform.Sample(uniform => new LengthSampler.Constant(700).Tokens(uniform) == 700);

    [Fact]
    public void Log_normal_lengths_are_the_percentiles_rounded()
    {
        var lengths = new TokenLengths(1155, 3500);
        var sampler = new LengthSampler.LogNormal(lengths);

        Uniform.Sample(uniform => Math.Abs(sampler.Tokens(uniform) - Math.Max(1, lengths.Percentile(uniform))) <= 0.5);
        // The median worked out by hand in the tests of the distribution.
        sampler.Tokens(0.5).ShouldBe(738);
    }

    [Fact]
    public void Log_normal_lengths_end_at_the_most() =>
        Uniform.Sample(uniform =>
            new LengthSampler.LogNormal(new TokenLengths(1, 3.8), most: 5).Tokens(uniform) is >= 1 and <= 5
        );

    [Fact]
    public void Uniform_lengths_come_equally_often_with_both_ends()
    {
        var sampler = new LengthSampler.Uniform(8, 10);

        Enumerable
            .Range(0, 3000)
            .Select(i => sampler.Tokens((i + 0.5) / 3000))
            .CountBy(length => length)
            .ShouldBe([new(8, 1000), new(9, 1000), new(10, 1000)]);
        new LengthSampler.Uniform(100_000_000, 100_000_000).Tokens(1 - 1e-16).ShouldBe(100_000_000);
    }

    [Fact]
    public void Longer_lengths_belong_to_higher_percentiles() =>
        Gen.Select(
                Gen.OneOf<LengthSampler>(
                    new LengthSampler.Constant(5),
                    new LengthSampler.Uniform(1, 1000),
                    new LengthSampler.LogNormal(new TokenLengths(100, 250))
                ),
                Uniform,
                Uniform
            )
            .Sample(
                (sampler, one, other) => sampler.Tokens(Math.Min(one, other)) <= sampler.Tokens(Math.Max(one, other))
            );

    [Fact]
    public void Resampled_lengths_are_pairs_of_the_trace_as_often_as_there()
    {
        var lengths = new RequestLengths.Resampled([new(0, 10, 1), new(0, 20, 0), new(1, 10, 1), new(2, 30, 3)]);

        var drawn = Enumerable.Range(0, 40_000).Select(i => lengths.Of(5, i)).CountBy(pair => pair).ToDictionary();

        drawn.Count.ShouldBe(3);
        // Deviation of a count with chance p: sqrt(40,000 p (1 - p)), 100 at a half and 87 at a quarter.
        drawn[(10, 1)].ShouldBeInRange(20_000 - 400, 20_000 + 400);
        drawn[(20, 0)].ShouldBeInRange(10_000 - 350, 10_000 + 350);
        drawn[(30, 3)].ShouldBeInRange(10_000 - 350, 10_000 + 350);
    }

    [Fact]
    public void Prompts_and_answers_are_drawn_apart()
    {
        var lengths = new RequestLengths.Independent(
            new LengthSampler.Uniform(1, 1000),
            new LengthSampler.Uniform(1, 1000)
        );
        var drawn = Enumerable.Range(0, 10_000).Select(i => lengths.Of(5, i)).ToArray();

        // Deviation of the covariance: variance 83,333 over the root of 10,000.
        var covariance = drawn.Average(pair => (pair.Prompt - 500.5) * (pair.Output - 500.5));
        covariance.ShouldBeInRange(-4 * 833, 4 * 833);
        lengths.Of(5, 77).ShouldBe(drawn[77]);
    }

    [Fact]
    public void Lengths_that_cannot_be_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new LengthSampler.Constant(0));
        Should.Throw<ArgumentOutOfRangeException>(() => new LengthSampler.Constant(100_000_001));
        Should.Throw<ArgumentOutOfRangeException>(() => new LengthSampler.Uniform(0, 5));
        Should.Throw<ArgumentOutOfRangeException>(() => new LengthSampler.Uniform(6, 5));
        Should.Throw<ArgumentOutOfRangeException>(() => new LengthSampler.LogNormal(new TokenLengths(5, 9), 0));
        Should.Throw<ArgumentException>(() => new RequestLengths.Resampled([]));
    }
}
