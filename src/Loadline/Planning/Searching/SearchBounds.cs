using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>
/// What no deployment can do better than, from the datasheet alone: it excludes a point of the grid before it is worked
/// out, and is shown beside the plan.
/// </summary>
/// <remarks>
/// Memory: the weights lie in the devices once. Arithmetic: every token takes two operations a parameter it touches, at the
/// peak rate. Memory bandwidth: a step reads at least the weights one token touches, and decodes no more sequences than
/// the engine takes.
/// </remarks>
internal sealed class SearchBounds
{
    private readonly double weightBytes;
    private readonly double touchedBytes;
    private readonly double operationsPerRequest;
    private readonly double outputTokens;
    private readonly double tpotLimit;
    private readonly double longAnswerTokens;
    private readonly WeightFormat weights;

    /// <summary>Parts of a model that touch all of its parameters for a token are rounded down by as much.</summary>
    private const double TouchedMargin = 0.8;

    public SearchBounds(Model model, WeightFormat weights, Scenario scenario)
    {
        this.weights = weights;
        var architecture = model.Architecture;
        var tensors = architecture.Tensors;
        weightBytes = tensors.SizeIn(weights).Bytes;
        var touched = (double)tensors.ActiveParameters / tensors.Parameters;
        touchedBytes = weightBytes * touched * (architecture.HasExperts ? TouchedMargin : 0.9);
        var workload = scenario.Workload;
        outputTokens = workload.OutputTokens.Mean;
        longAnswerTokens = workload.OutputTokens.Percentile(
            LatencyPercentiles.ProbabilityOf(scenario.Objectives.EndToEnd)
        );
        operationsPerRequest =
            2.0
            * tensors.ActiveParameters
            * TouchedMargin
            * (workload.PromptTokens.Mean - workload.SharedPrefixTokens + outputTokens);
        tpotLimit = scenario.Objectives.Tpot?.Limit.Seconds ?? double.PositiveInfinity;
    }

    /// <summary>Fewest devices that the weights fit into.</summary>
    public double DevicesForMemory(Accelerator accelerator) => weightBytes / accelerator.MemoryOnOffer.Bytes;

    /// <summary>Seconds per token of a lone request, at least.</summary>
    public double LeastTpot(Accelerator accelerator, int devices) =>
        accelerator.MemoryBandwidth is { } bandwidth ? touchedBytes / (bandwidth.BytesPerSecond * devices) : 0;

    /// <summary>Seconds of a whole answer at its percentile, at least. The stages of a pipeline work on a token in turn.</summary>
    public double LeastEndToEnd(Accelerator accelerator, Parallelism layout) =>
        Math.Max(0, longAnswerTokens - 1) * LeastTpot(accelerator, layout.Devices / layout.Pipeline);

    public bool MissesTpot(Accelerator accelerator, int devices) => LeastTpot(accelerator, devices) > tpotLimit;

    /// <summary>Requests per second of a replica, at most.</summary>
    /// <param name="accelerator">Of which it has some.</param>
    /// <param name="layout">How it is spread over them.</param>
    /// <param name="mostSequences">Sequences that one data-parallel rank decodes together at most.</param>
    public double MostPerSecond(Accelerator accelerator, Parallelism layout, int mostSequences) =>
        Math.Min(MostByArithmetic(accelerator), MostByBandwidth(accelerator, mostSequences * layout.Data))
        * layout.Devices;

    /// <summary>Requests per second and device, at most, by arithmetic; infinite where no rate is known.</summary>
    public double MostByArithmetic(Accelerator accelerator) =>
        Deployment.AttainableArithmetic(weights.Arithmetic, accelerator.Peak) is { } arithmetic
        && accelerator.Peak[arithmetic] is { } peak
            ? peak.PerSecond / operationsPerRequest
            : double.PositiveInfinity;

    /// <summary>The same by reading the weights once a step.</summary>
    public double MostByBandwidth(Accelerator accelerator, int mostSequences) =>
        accelerator.MemoryBandwidth is { } bandwidth
            ? mostSequences * bandwidth.BytesPerSecond / (touchedBytes * outputTokens)
            : double.PositiveInfinity;
}
