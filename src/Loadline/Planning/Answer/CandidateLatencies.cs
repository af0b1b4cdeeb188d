using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Latencies of a fleet at their percentiles, in seconds, from the best to the worst of the prediction.</summary>
internal static class CandidateLatencies
{
    public static (Estimate Ttft, Estimate Tpot, Estimate EndToEnd) Of(SizedPlan plan, out ServingPoint point)
    {
        var replica = plan.Sized.Replica;
        var error = replica.Error;
        var slow = error.Factor;
        var closed = replica.At(plan.RatePerReplica, 1, out point)!.Value;
        var simulated = plan.Simulated;
        var middle = simulated?.Middle ?? closed;
        var best = simulated?.Best ?? replica.At(plan.RatePerReplica, 1 / slow, out _)!.Value;
        // A replica is sized to keep up with the load of today at the upper end of its interval, so this has a value.
        var worst = replica.At(plan.RatePerReplica, slow, out _)!.Value;
        if (simulated is not null && double.IsFinite(simulated.Worst.EndToEnd))
            worst = simulated.Worst;
        // Percentiles are closed forms until they are simulated, whatever the grade of the step times.
        var evidence = simulated is null ? Evidence.Assumed : error.Evidence;
        var firstToken = Math.Pow(slow, error.FirstTokenExponent - 1);
        return (
            Between(middle.Ttft, best.Ttft / firstToken, worst.Ttft * firstToken, evidence),
            Between(middle.Tpot, best.Tpot, worst.Tpot, evidence),
            Between(middle.EndToEnd, best.EndToEnd, worst.EndToEnd, evidence)
        );
    }

    /// <summary>Where a slow run is a closed form, it may lie below the simulated middle.</summary>
    private static Estimate Between(double middle, double best, double worst, Evidence evidence) =>
        new(middle, Math.Min(middle, best), Math.Max(middle, worst), evidence);
}
