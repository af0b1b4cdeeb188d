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
                ServingLayout.Spread(prefill.Parallelism, architecture),
                prefill.Replicas,
                ServingLayout.Spread(decode.Parallelism, architecture),
                decode.Replicas
            )
            : null;
}
