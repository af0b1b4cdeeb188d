using Loadline.Prediction;
using Loadline.Simulation;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>Simulated request by request, a steady load is what the closed form says of it.</summary>
public sealed class ClosedFormTests
{
    private const int Requests = 3000;
    private const int WarmUp = 500;
    private const int MostInFlight = 256;

    [Theory]
    [InlineData("meta-llama/Llama-3.1-8B-Instruct", 1, null, 1000, 200)]
    [InlineData("meta-llama/Llama-3.1-8B-Instruct", 1, null, 4000, 500)]
    [InlineData("meta-llama/Llama-3.1-8B-Instruct", 1, "fp8", 1000, 400)]
    [InlineData("meta-llama/Llama-3.1-70B-Instruct", 4, null, 2000, 300)]
    [InlineData("Qwen/Qwen3-30B-A3B", 1, null, 1500, 300)]
    public void Throughput_and_time_per_token_agree(string model, int devices, string? weights, int prompt, int answer)
    {
        // Requests come evenly: at random the number in flight changes, of which the closed form knows the mean only. The
        // method promises 3 %; the simulation is 0.7 to 2 % faster.
        var deployment = Deployments.Of(model, weights: weights, devices: devices);
        var closed = ClosedForm(deployment, prompt, answer);
        foreach (var load in (double[])[0.3, 0.45, 0.6])
        {
            var rate = load * HighestRate(closed);
            var point = closed.AtRate(rate, MostInFlight, double.PositiveInfinity)!.Value;

            var figures = Figures(
                deployment,
                Traffic(ArrivalProcess.Even(new RateProfile.Constant(rate)), prompt, answer)
            );

            figures.Tpot.Mean.ShouldBe(point.TpotSeconds, 0.03 * point.TpotSeconds);
            figures.OutputTokensPerSecond.ShouldBe(point.OutputTokensPerSecond, 0.03 * point.OutputTokensPerSecond);
            figures.InFlight.ShouldBe(point.InFlight, 0.03 * point.InFlight);
            figures.IsSaturated.ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData("meta-llama/Llama-3.1-8B-Instruct", 1, null, 4000, 500, 0.6)]
    [InlineData("meta-llama/Llama-3.1-70B-Instruct", 4, null, 2000, 300, 0.45)]
    [InlineData("Qwen/Qwen3-30B-A3B", 1, null, 1500, 300, 0.3)]
    public void At_random_arrivals_it_agrees_with_a_loop_that_takes_every_step(
        string model,
        int devices,
        string? weights,
        int prompt,
        int answer,
        double load
    )
    {
        // Where requests come at random the closed form is 1 to 5 % fast: it knows the mean in flight, and slow stretches
        // last longer. Which of the two is right, a third has to say.
        var deployment = Deployments.Of(model, weights: weights, devices: devices);
        var closed = ClosedForm(deployment, prompt, answer);
        var rate = load * HighestRate(closed);
        var arrivals = Traffic(ArrivalProcess.Poisson(new RateProfile.Constant(rate)), prompt, answer);

        var figures = Figures(deployment, arrivals);
        var naive = NaiveServing.MeanTpot(deployment, arrivals, WarmUp);

        // Steps from a table and stretches as straight lines: a thousandth each.
        figures.Tpot.Mean.ShouldBe(naive, 0.002 * naive);
        figures.Tpot.Mean.ShouldBeInRange(
            0.99 * closed.AtRate(rate, MostInFlight)!.Value.TpotSeconds,
            1.05 * closed.AtRate(rate, MostInFlight)!.Value.TpotSeconds
        );
    }

    private static ClosedFormServing ClosedForm(Deployment deployment, int prompt, int answer) =>
        new(
            new StepCosts(
                new Step(deployment),
                deployment.Rules.MaximumBatchedTokens,
                new RequestShape(prompt, answer)
            ),
            requestOverheadSeconds: 0
        );

    private static double HighestRate(ClosedFormServing closed) =>
        CapacitySearch.Largest(rate => closed.AtRate(rate, MostInFlight) is not null, 1, 1e-6, 1e6, isWhole: false);

    private static Arrival[] Traffic(ArrivalProcess process, int prompt, int answer) =>
        new GeneratedTraffic
        {
            Process = process,
            Lengths = new RequestLengths.Independent(
                new LengthSampler.Constant(prompt),
                new LengthSampler.Constant(answer)
            ),
            Count = Requests,
        }.Generate();

    private static RunFigures Figures(Deployment deployment, Arrival[] arrivals)
    {
        var pool = Simulated.Pool(
            sequences: MostInFlight,
            stepTokens: deployment.Rules.MaximumBatchedTokens,
            times: new StepTimes(deployment)
        );
        return RunFigures.Of(Simulated.Run(pool, arrivals), new RequestObjectives(), arrivals[WarmUp].Seconds);
    }
}
