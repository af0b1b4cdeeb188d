using BenchmarkDotNet.Attributes;
using Loadline.Prediction;
using Loadline.Simulation;

namespace Loadline.Benchmarks;

/// <summary>
/// A million requests through one replica under vLLM's scheduler with its prefix cache, and a thousand configurations of an
/// hour. Goals: 500,000 requests a second and core, and less than a minute on two cores.
/// </summary>
/// <remarks>
/// Set LOADLINE_TRACE to a trace file, such as the Azure 2023 conversation trace; without it requests are drawn that have
/// its mean and 95th-percentile lengths and its rate.
/// </remarks>
[MemoryDiagnoser]
public class SimulationBenchmark
{
    private const int Million = 1_000_000;
    private const int Configurations = 1_000;

    private readonly Deployment deployment;
    private readonly TraceTraffic million;
    private readonly Arrival[] hour;
    private readonly TypicalLengths lengths;

    public SimulationBenchmark()
    {
        deployment = Example.Llama8BOnH100();
        hour = Hour();
        million = new TraceTraffic(hour.Tiled(Million));
        lengths = TypicalLengths.Of(hour);
    }

    /// <returns>99th percentile of the time to first token, in seconds.</returns>
    [Benchmark]
    public double MillionRequests() => Run(million, 1, 1);

    /// <summary>
    /// One hour at a thousand rates, from a tenth to twice its own, on as many threads as there are cores.
    /// </summary>
    /// <returns>The largest 99th percentile of the time to first token, in seconds.</returns>
    [Benchmark]
    public double ThousandConfigurations()
    {
        var worst = new double[Configurations];
        Parallel.For(
            0,
            Configurations,
            index =>
            {
                var factor = 0.1 + 1.9 * index / Configurations;
                worst[index] = Run(new TraceTraffic(hour.ScaleRate(factor)), 1, 1 + index % 2);
            }
        );
        return worst.Max();
    }

    private double Run(TraceTraffic traffic, double slowdown, int replicas)
    {
        var pool = ClusterBuilder.Pool(deployment, replicas, new StepTimes(deployment, null, slowdown), lengths);
        var run = Simulator.Run(new Cluster { Serving = pool, FrontDoor = FrontDoor.Usual }, traffic);
        return RunFigures.Of(run, new RequestObjectives(), 0).Ttft.P99;
    }

    private static Arrival[] Hour()
    {
        if (Environment.GetEnvironmentVariable("LOADLINE_TRACE") is { Length: > 0 } file)
        {
            using var text = File.OpenText(file);
            return TraceReader.Read(Path.GetFileName(file), text).Arrivals;
        }
        return new GeneratedTraffic
        {
            // Of the Azure 2023 conversation trace: 19,366 requests in 58 minutes.
            Process = ArrivalProcess.Poisson(new RateProfile.Constant(5.5)),
            Lengths = new RequestLengths.Independent(
                new LengthSampler.LogNormal(new TokenLengths(1155, 4083), 14_000),
                new LengthSampler.LogNormal(new TokenLengths(211, 470), 1_500)
            ),
            Count = 19_366,
        }.Generate();
    }
}
