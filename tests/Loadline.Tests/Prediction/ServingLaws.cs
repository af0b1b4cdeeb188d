using CsCheck;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>Steady states of one replica.</summary>
public sealed class ServingLaws
{
    private const double Most = 512;

    private static readonly Gen<(StepCosts Costs, double Overhead)> Costs = Gen.Select(
            DeploymentGen.Deployment,
            DeploymentGen.Request
        )
        .Select(
            (deployment, request) =>
                (
                    new StepCosts(new Step(deployment), deployment.Rules.MaximumBatchedTokens, request),
                    deployment.Rules.RequestOverhead.Seconds
                )
        );

    [Fact]
    public void Little_s_law_holds_at_any_concurrency() =>
        // In flight = rate x time in the system.
        Gen.Select(Costs, Gen.Double[1, Most])
            .Sample(
                (costs, inFlight) =>
                {
                    var point = new ClosedFormServing(costs.Costs, costs.Overhead).AtConcurrency(inFlight);
                    return Near(point.RequestsPerSecond * EndToEnd(point, costs.Costs), inFlight, 1e-9);
                }
            );

    [Fact]
    public void The_rate_that_keeps_so_many_in_flight_is_the_one_they_finish_at() =>
        // A closed loop takes T = prefill + waits + decode steps + C - 1 prefills; an open one meets as many prefills as
        // arrive while it decodes, so its time lies between T - TTFT and T + one prefill.
        Gen.Select(Costs, Gen.Double[2, Most])
            .Sample(
                (costs, inFlight) =>
                {
                    var serving = new ClosedFormServing(costs.Costs, costs.Overhead);
                    var closed = serving.AtConcurrency(inFlight);
                    var share = closed.TtftSeconds / EndToEnd(closed, costs.Costs);
                    return serving.AtRate(closed.RequestsPerSecond * (1 - share), inFlight) is not null
                        && serving.AtRate(closed.RequestsPerSecond / (1 - share) * (1 + 1e-9), inFlight) is null;
                }
            );

    [Fact]
    public void Tokens_come_slower_at_a_higher_rate() =>
        Gen.Select(Costs, Gen.Double[0.01, 0.95], Gen.Double[1.01, 4])
            .Sample(
                (costs, share, growth) =>
                {
                    var serving = new ClosedFormServing(costs.Costs, costs.Overhead);
                    var rate = share * serving.AtConcurrency(Most).RequestsPerSecond / growth;
                    var slow = serving.AtRate(rate, Most);
                    var fast = serving.AtRate(rate * growth, Most);
                    // The bisection leaves the number in flight open by 0.1 %.
                    return fast is null || slow!.Value.TpotSeconds <= fast.Value.TpotSeconds * 1.001;
                }
            );

    [Fact]
    public void A_rate_below_one_that_is_kept_up_with_is_kept_up_with_by_no_more_in_flight() =>
        Gen.Select(Costs, Gen.Double[1, Most], Gen.Double[0.05, 1.5], Gen.Double[1.01, 4])
            .Sample(
                (costs, most, share, growth) =>
                {
                    var serving = new ClosedFormServing(costs.Costs, costs.Overhead);
                    var rate = share * serving.AtConcurrency(most).RequestsPerSecond;
                    if (serving.AtRate(rate, most) is not { } point)
                        return true;
                    return point.InFlight <= most
                        && serving.AtRate(rate / growth, most) is { } lower
                        && lower.InFlight <= point.InFlight * 1.001;
                }
            );

    [Fact]
    public void Tabulated_costs_are_within_one_percent_of_exact_ones() =>
        Gen.Select(Costs, Gen.Double[0, 2048])
            .Sample(
                (costs, sequences) =>
                {
                    var table = costs.Costs.Tabulated(2048);
                    return Near(table.Decode(sequences), costs.Costs.Decode(sequences), 0.01)
                        && Near(table.Marginal(sequences), costs.Costs.Marginal(sequences), 0.01);
                }
            );

    [Fact]
    public void A_longer_wait_is_less_likely() =>
        Gen.Select(Costs, Gen.Double[1, Most], Gen.Double[0.01, 0.99], Gen.Double[0.01, 0.99])
            .Sample(
                (costs, inFlight, one, other) =>
                {
                    var point = new ClosedFormServing(costs.Costs, costs.Overhead).AtConcurrency(inFlight);
                    return point.WaitPercentile(Math.Min(one, other)) <= point.WaitPercentile(Math.Max(one, other));
                }
            );

    [Fact]
    public void A_request_takes_no_less_time_among_more_others() =>
        Gen.Select(Costs, Gen.Double[1, 256], DeploymentGen.Growth)
            .Sample(
                (costs, inFlight, growth) =>
                {
                    var serving = new ClosedFormServing(costs.Costs, costs.Overhead);
                    return EndToEnd(serving.AtConcurrency(inFlight), costs.Costs)
                        <= EndToEnd(serving.AtConcurrency(inFlight * growth), costs.Costs) * (1 + 1e-9);
                }
            );

    [Fact]
    public void A_token_takes_no_less_time_among_more_others_and_at_least_a_decode_step() =>
        Gen.Select(Costs, Gen.Double[1, 256], DeploymentGen.Growth)
            .Sample(
                (costs, inFlight, growth) =>
                {
                    var serving = new ClosedFormServing(costs.Costs, costs.Overhead);
                    var few = serving.AtConcurrency(inFlight).TpotSeconds;
                    var many = serving.AtConcurrency(inFlight * growth).TpotSeconds;
                    // A prompt reads fewer experts of its own among more tokens, so it may ride at a lower price there.
                    var cheaper = costs.Costs.Marginal(inFlight * growth - 1) < costs.Costs.Marginal(inFlight - 1);
                    return few >= costs.Costs.Decode(inFlight) * (1 - 1e-9) && (cheaper || few <= many * (1 + 1e-9));
                }
            );

    [Fact]
    public void One_request_alone_waits_for_nobody()
    {
        var deployment = Deployments.Of("meta-llama/Llama-3.1-8B-Instruct");
        var step = new Step(deployment);
        var costs = new StepCosts(step, 8192, new RequestShape(1000, 101));

        var point = new ClosedFormServing(costs, 0.006).AtConcurrency(1);

        var prefill = step.TimeOf(StepShape.Prefill(1000)).Seconds;
        var decode = step.TimeOf(StepShape.Decode(1, 1050.5)).Seconds;
        point.TtftSeconds.ShouldBe(0.006 + prefill, 1e-12);
        point.TpotSeconds.ShouldBe(decode, 1e-12);
        point.RequestsPerSecond.ShouldBe(1 / (0.006 + prefill + 100 * decode), 1e-9);
    }

    [Fact]
    public void A_closed_loop_waits_for_some_of_the_prompts_of_others()
    {
        // 16 requests of 1,000 tokens, 1,000 of output: between none and half of the 15 others are ahead in the queue.
        var deployment = Deployments.Of("meta-llama/Llama-3.1-8B-Instruct");
        var costs = new StepCosts(new Step(deployment), 8192, new RequestShape(1000, 1000));

        var point = new ClosedFormServing(costs, 0).AtConcurrency(16);

        point.QueueSeconds.ShouldBeInRange(costs.Marginal(15), 7.5 * costs.Marginal(15));
    }

    [Fact]
    public void A_step_takes_no_more_prompts_than_its_budget_of_tokens()
    {
        // 64 requests of 8,192 tokens and 9 of output: at most one prompt rides on each of the 8 steps between tokens,
        // so a token takes a decode step and one prompt, not 63 / 8 of them; the rest is waiting.
        var deployment = Deployments.Of("meta-llama/Llama-3.1-8B-Instruct");
        var costs = new StepCosts(new Step(deployment), 8192, new RequestShape(8192, 9));

        var point = new ClosedFormServing(costs, 0).AtConcurrency(64);

        point.TpotSeconds.ShouldBeLessThanOrEqualTo(costs.Decode(64) + costs.Marginal(63));
        point.QueueSeconds.ShouldBeInRange(54 * costs.Marginal(63), 63 * costs.Marginal(63));
    }

    [Fact]
    public void Nothing_jumps_where_a_second_request_joins()
    {
        var deployment = Deployments.Of("meta-llama/Llama-3.1-8B-Instruct");
        var serving = new ClosedFormServing(
            new StepCosts(new Step(deployment), 8192, new RequestShape(4000, 300)),
            0.006
        );
        var alone = serving.AtConcurrency(1);
        var joined = serving.AtConcurrency(1.001);
        joined.TtftSeconds.ShouldBe(alone.TtftSeconds, 0.01 * alone.TtftSeconds);
        joined.TpotSeconds.ShouldBe(alone.TpotSeconds, 0.01 * alone.TpotSeconds);
    }

    private static double EndToEnd(ServingPoint point, StepCosts costs) =>
        point.TtftSeconds + (costs.Request.OutputTokens - 1) * point.TpotSeconds;

    private static bool Near(double actual, double expected, double tolerance) =>
        Math.Abs(actual - expected) <= tolerance * Math.Abs(expected) + 1e-15;
}
