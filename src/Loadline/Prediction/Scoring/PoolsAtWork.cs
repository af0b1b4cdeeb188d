namespace Loadline.Prediction;

/// <summary>Two pools and their steady state.</summary>
internal sealed record PoolsAtWork(
    PreparedRun Prefill,
    int PrefillReplicas,
    PreparedRun Decode,
    int DecodeReplicas,
    double TransferSeconds,
    ServingPoint Point
)
{
    /// <summary>Share of their time for which prefill replicas are planned to work where decode does not wait for them.</summary>
    private const double PlannedUtilisation = 0.9;

    /// <summary>
    /// Where the row does not say how many replicas compute prompts, they are as many as keep up with those that decode.
    /// </summary>
    public static PoolsAtWork Of(
        PreparedRun prefill,
        PreparedRun decode,
        DisaggregatedLayout layout,
        RequestShape request,
        double inFlight
    )
    {
        var transfer = CacheTransfer.SecondsOf(prefill.Deployment, decode.Deployment, request.PromptTokens);
        var replicas = layout.PrefillReplicas ?? Enough();
        return new PoolsAtWork(
            prefill,
            replicas,
            decode,
            layout.DecodeReplicas,
            transfer,
            Serving(replicas).AtConcurrency(inFlight)
        );

        int Enough()
        {
            const int NeverShort = 1000;
            var wanted = Serving(NeverShort).AtConcurrency(inFlight).RequestsPerSecond;
            return (int)Math.Ceiling(wanted / (PlannedUtilisation * Serving(1).PrefillCapacity));
        }

        DisaggregatedServing Serving(int prefillReplicas) =>
            new(
                Pool(prefill, prefillReplicas),
                Pool(decode, layout.DecodeReplicas),
                prefill.Deployment.Rules.RequestOverhead.Seconds,
                transfer
            );

        ServingPool Pool(PreparedRun ready, int count) =>
            new(
                new StepCosts(ready.Step, ready.Chunk, request),
                count,
                Math.Max(1, ready.Memory.MaximumConcurrency((long)request.MeanContext).Value)
            );
    }
}
