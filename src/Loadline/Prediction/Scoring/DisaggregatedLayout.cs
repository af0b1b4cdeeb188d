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
    private const int DevicesPerServer = 8;

    public int Devices => Prefill.Devices * PrefillReplicas + Decode.Devices * DecodeReplicas;

    /// <summary>Null when the row does not say it.</summary>
    public static DisaggregatedLayout? Of(IInferenceColumns stated, Architecture architecture) =>
        stated is { PrefillPool: { } prefill, DecodePool: { } decode }
            ? new DisaggregatedLayout(
                Spread(prefill.Parallelism, architecture),
                prefill.Replicas,
                Spread(decode.Parallelism, architecture),
                decode.Replicas
            )
            : null;

    /// <summary>
    /// Tables that do not record data-parallel attention give its ranks as those of tensor parallelism. Where a cache is
    /// latent it would be the same on all of them, so whoever spreads one over more devices than a server has gives each
    /// sequences of its own; heads that do not divide leave nothing else.
    /// </summary>
    private static Parallelism Spread(Parallelism stated, Architecture architecture) =>
        stated is { Data: 1, Tensor: > DevicesPerServer }
        && architecture.Layers.Any(layer => layer is Mixer.LatentAttention)
            ? stated with
            {
                Tensor = 1,
                Data = stated.Tensor,
            }
            : stated;
}
