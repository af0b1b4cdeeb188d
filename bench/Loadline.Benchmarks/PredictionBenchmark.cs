using BenchmarkDotNet.Attributes;
using Loadline.Prediction;

namespace Loadline.Benchmarks;

/// <summary>The parts a plan is made of: a memory answer, a prepared step, a closed-form answer.</summary>
[MemoryDiagnoser]
public class PredictionBenchmark
{
    private readonly Deployment deployment;
    private readonly Step step;
    private readonly ClosedFormServing serving;

    public PredictionBenchmark()
    {
        deployment = Example.Llama8BOnH100();
        step = new Step(deployment);
        var costs = new StepCosts(step, deployment.Rules.MaximumBatchedTokens, new RequestShape(1800, 250));
        serving = new ClosedFormServing(costs, deployment);
    }

    [Benchmark]
    public DeviceMemory MemoryAnswer() => new ServingMemory(deployment).With(8192, 16);

    /// <summary>The same with the three searches: tokens of the pool, most sequences, longest context.</summary>
    [Benchmark]
    public double MemoryAnswerWithLimits()
    {
        var memory = new ServingMemory(deployment);
        return memory.With(8192, 16).FreeBytes.Low
            + memory.CacheTokens.Low
            + memory.MaximumConcurrency(8192).Low
            + memory.MaximumContext(16).Low;
    }

    [Benchmark]
    public double PreparedStep() => step.TimeOf(StepShape.Decode(32, 2000)).Seconds;

    [Benchmark]
    public ServingPoint ClosedForm() => serving.AtConcurrency(32);
}
