using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>How prefill and decode are laid out on devices of their own, as a row says it.</summary>
/// <param name="Prefill">Degrees of a replica for prompts.</param>
/// <param name="PrefillReplicas">How many of those there are; null where the row does not say.</param>
/// <param name="Decode">Degrees of a replica for answers.</param>
/// <param name="DecodeReplicas">How many of those there are.</param>
internal sealed record DisaggregatedLayout(
    Parallelism Prefill,
    int? PrefillReplicas,
    Parallelism Decode,
    int DecodeReplicas
)
{
    public int Devices => Prefill.Devices * (PrefillReplicas ?? 1) + Decode.Devices * DecodeReplicas;

    /// <summary>
    /// The layout that a row states, or those it may mean; none when it does not say. A table that leaves out how many
    /// replicas there are leaves out data-parallel attention too: a rank of a pool may have sequences of its own.
    /// </summary>
    public static ImmutableArray<DisaggregatedLayout> Of(IInferenceColumns stated, Architecture architecture)
    {
        if (stated is not { PrefillPool: { } prefill, DecodePool: { } decode })
            return [];
        var first = Layout(decode.Parallelism);
        if (decode.Replicas is not null || !architecture.HasExperts || decode.Parallelism is not { Data: 1, Tensor: > 1 })
            return [first];
        return [first, Layout(decode.Parallelism with { Tensor = 1, Data = decode.Parallelism.Tensor })];

        DisaggregatedLayout Layout(Parallelism decoding) =>
            new(
                ServingLayout.Spread(prefill.Parallelism, architecture),
                prefill.Replicas,
                ServingLayout.Spread(decoding, architecture),
                decode.Replicas ?? 1
            );
    }
}
