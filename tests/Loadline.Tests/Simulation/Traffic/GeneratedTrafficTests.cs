using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

public sealed class GeneratedTrafficTests
{
    private static readonly GeneratedTraffic Example = new()
    {
        Process = ArrivalProcess.Poisson(new RateProfile.Constant(10)),
        Lengths = new RequestLengths.Independent(new LengthSampler.Uniform(80, 100), new LengthSampler.Constant(20)),
        Count = 1000,
    };

    [Fact]
    public void Requests_end_with_the_count_or_the_time_whichever_comes_first()
    {
        Example.Generate().Length.ShouldBe(1000);
        var early = (Example with { Seconds = 5 }).Generate();
        early.Length.ShouldBeInRange(1, 100);
        early.ShouldAllBe(arrival => arrival.Seconds < 5);
        (Example with { Count = 0 }).Generate().ShouldBeEmpty();
    }

    [Fact]
    public void Evenly_spaced_requests_fill_the_time() =>
        (Example with { Process = ArrivalProcess.Even(new RateProfile.Constant(10)), Seconds = 60 })
            .Generate()
            .Length.ShouldBe(600);

    [Fact]
    public void A_process_that_ends_needs_no_other_end() =>
        (Example with { Process = ArrivalProcess.Even(new RateProfile.Staged([new(2, 10)])), Count = int.MaxValue })
            .Generate()
            .Length.ShouldBe(20);

    [Fact]
    public void Another_rate_changes_times_and_nothing_else()
    {
        var faster = Example with { Process = ArrivalProcess.Poisson(new RateProfile.Constant(20)) };

        faster.Generate().ShouldBe(Example.Generate().ScaleRate(2));
    }

    [Fact]
    public void Another_seed_gives_other_requests() =>
        (Example with { Seed = 2 }).Generate().ShouldNotBe(Example.Generate());

    [Fact]
    public void A_shared_prefix_comes_in_front_of_the_prompt()
    {
        var plain = Example.Generate();
        var shared = (Example with { Prefix = new SharedPrefix(500) }).Generate();

        for (var i = 0; i < plain.Length; i++)
        {
            shared[i].PromptTokens.ShouldBe(plain[i].PromptTokens + 500);
            shared[i].Seconds.ShouldBe(plain[i].Seconds);
            shared[i].Content.ShouldBeSameAs(shared[0].Content);
        }
        shared[0].Content!.Pieces.ShouldBe([new(0, 500)]);
    }

    [Fact]
    public void Groups_have_prefixes_of_their_own_and_are_about_alike_in_size()
    {
        var arrivals = (Example with { Prefix = new SharedPrefix(500, groups: 4) }).Generate();

        var sizes = arrivals.CountBy(arrival => arrival.Content!.Pieces[0].Id).OrderBy(group => group.Key).ToArray();
        sizes.Select(group => group.Key).ShouldBe([0, 1, 2, 3]);
        // 250 each; the deviation is sqrt(1,000 x 3 / 16) = 14.
        sizes.ShouldAllBe(group => group.Value > 250 - 4 * 14 && group.Value < 250 + 4 * 14);
    }

    [Fact]
    public void The_traffic_hands_out_the_requests()
    {
        var traffic = Example.ToTraffic();

        traffic.WaitsForAnswers.ShouldBeFalse();
        traffic.Arrivals.ToArray().ShouldBe(Example.Generate());
    }
}
