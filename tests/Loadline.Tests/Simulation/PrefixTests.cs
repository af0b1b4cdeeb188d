using Loadline.Catalog;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>Prompts that begin alike are computed once.</summary>
public sealed class PrefixTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(15, 0)]
    [InlineData(16, 16)]
    [InlineData(100, 96)]
    [InlineData(1000, 992)]
    public void The_second_of_two_alike_skips_the_whole_blocks_of_what_they_share(int shared, int skipped)
    {
        var content = Simulated.Content((1, shared));
        var run = Simulated.Run(
            Simulated.Pool(),
            [new Arrival(0, 1001, 2) { Content = content }, new Arrival(1, 1001, 2) { Content = content }]
        );

        run.Requests.Span[0].CachedTokens.ShouldBe(0);
        run.Requests.Span[1].CachedTokens.ShouldBe(skipped);
        run.Spans.Where(item => item.Span.HasPrompts).Select(item => item.Span.Tokens).ShouldBe([1001, 1001 - skipped]);
    }

    [Fact]
    public void Requests_of_a_trace_share_what_their_blocks_of_512_say()
    {
        // Two conversations whose prompts begin with the same 1,024 tokens.
        const string Trace = """
            {"timestamp": 0, "input_length": 1500, "output_length": 2, "hash_ids": [0, 1, 2]}
            {"timestamp": 1000, "input_length": 1200, "output_length": 2, "hash_ids": [0, 1, 3]}
            {"timestamp": 2000, "input_length": 2000, "output_length": 2, "hash_ids": [4, 5, 6, 7]}
            """;
        var arrivals = TraceReader.Read("trace.jsonl", new StringReader(Trace)).Arrivals;

        var run = Simulated.Run(Simulated.Pool(), arrivals);

        run.Requests.ToArray().Select(request => request.CachedTokens).ShouldBe([0, 1024, 0]);
        RunFigures.Of(run, new RequestObjectives(), 0).CacheHitShare.ShouldBe(1024 / 4700.0, 1e-12);
    }

    [Fact]
    public void A_conversation_computes_only_what_is_new()
    {
        // Three turns of 100 tokens and answers of 50: prompts of 100, 250 and 400; all but the last token of each answer
        // is in the cache: 149 -> 144 and 299 -> 288 in whole blocks.
        var traffic = new SessionTraffic(
            new SessionPlan
            {
                Process = ArrivalProcess.Even(new RateProfile.Constant(1)),
                Turns = new TurnCount.Constant(3),
                Message = new LengthSampler.Constant(100),
                Answer = new LengthSampler.Constant(50),
                Sessions = 1,
            }
        );

        var run = Simulator.Run(new Cluster { Serving = Simulated.Pool() }, traffic);

        var requests = run.Requests.ToArray();
        requests.Select(request => request.PromptTokens).ShouldBe([100, 250, 400]);
        requests.Select(request => request.CachedTokens).ShouldBe([0, 144, 288]);
        requests[1].ArrivalSeconds.ShouldBe(requests[0].LastTokenSeconds);
    }

    [Fact]
    public void A_router_that_looks_sends_a_prompt_to_where_its_beginning_is()
    {
        Arrival[] arrivals =
        [
            .. Enumerable
                .Range(0, 40)
                .Select(i => new Arrival(0.5 * i, 2000, 20) { Content = Simulated.Content((i * i % 7, 1800)) }),
        ];

        var looks = Cached(RoutingPolicy.PrefixAware);

        // Seven squares modulo seven are 0, 1, 2 and 4: each is computed once and found by all others.
        looks.ShouldBe((40 - 4) * (1800 / 16 * 16));
        Cached(RoutingPolicy.RoundRobin).ShouldBeLessThan(looks);

        long Cached(RoutingPolicy routing) =>
            Simulated
                .Run(Simulated.Pool(replicas: 3), arrivals, routing)
                .Requests.ToArray()
                .Sum(request => (long)request.CachedTokens);
    }

    [Fact]
    public void It_does_not_pile_all_up_on_one_replica()
    {
        var content = Simulated.Content((1, 1800));
        Arrival[] arrivals =
        [
            .. Enumerable.Range(0, 400).Select(i => new Arrival(0.001 * i, 2000, 400) { Content = content }),
        ];

        var run = Simulated.Run(Simulated.Pool(replicas: 2), arrivals, RoutingPolicy.PrefixAware);

        // sgl-router evens out beyond 64 requests and half as many again.
        run.Requests.ToArray().Count(request => request.Replica == 1).ShouldBeGreaterThan(50);
    }

    [Fact]
    public void Where_nothing_is_kept_every_prompt_is_computed()
    {
        var content = Simulated.Content((1, 960));
        var run = Simulated.Run(
            Simulated.Pool() with
            {
                KeepsPrefixes = false,
            },
            [new Arrival(0, 1000, 2) { Content = content }, new Arrival(1, 1000, 2) { Content = content }]
        );

        run.Requests.Span[1].CachedTokens.ShouldBe(0);
    }
}
