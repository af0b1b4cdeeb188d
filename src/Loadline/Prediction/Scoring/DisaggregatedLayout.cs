using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>How prefill and decode are laid out on devices of their own, as a row says it.</summary>
internal sealed record DisaggregatedLayout(
    Parallelism Prefill,
    int PrefillReplicas,
    Parallelism Decode,
    int DecodeReplicas
)
{
    public int Devices => Prefill.Devices * PrefillReplicas + Decode.Devices * DecodeReplicas;

    /// <summary>Null when the row does not say it.</summary>
    public static DisaggregatedLayout? Of(IInferenceColumns stated, Architecture architecture) =>
        stated is { PrefillPool: { } prefill, DecodePool: { } decode }
            ? new DisaggregatedLayout(
                WithWholeExperts(ServingLayout.Spread(prefill.Parallelism, architecture)),
                prefill.Replicas,
                WithWholeExperts(ServingLayout.Spread(decode.Parallelism, architecture)),
                decode.Replicas
            )
            : null;

    /// <summary>
    /// Ranks that have sequences of their own deal whole experts: nobody splits one over more devices than a server has,
    /// whatever degree the table has left out.
    /// </summary>
    private static Parallelism WithWholeExperts(Parallelism pool) =>
        pool.RanksPerExpert > ServingLayout.DevicesPerServer ? pool with { Expert = pool.ExpertRanks } : pool;
}
