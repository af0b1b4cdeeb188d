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

    /// <summary>Devices of a replica for prompts, and of one that decodes for few, where only the sum of two pools is known.</summary>
    private const int SmallReplica = 4;

    /// <summary>Nobody has published a wider replica that decodes.</summary>
    private const int WidestReplica = 32;

    /// <summary>
    /// True where prefill and decode have devices of their own: the row says so, or it splits every expert over more
    /// devices than a server has. No engine does, and the same table has the pools that these are the sums of.
    /// </summary>
    public static bool IsMeant(InferenceConditions conditions, Architecture architecture) =>
        conditions.Scenario == "server-disagg" || IsSum(conditions, architecture);

    private static bool IsSum(InferenceConditions conditions, Architecture architecture) =>
        conditions is { Scenario: "server", Tensor: > ServingLayout.DevicesPerServer, Expert: 1, Data: 1, Pipeline: 1 }
        && conditions.Tensor == conditions.Devices
        && conditions.Devices % SmallReplica == 0
        && architecture.HasExperts;

    /// <summary>The layouts that a row may mean; none when it does not say.</summary>
    public static ImmutableArray<DisaggregatedLayout> Of(InferenceConditions conditions, Architecture architecture) =>
        IsSum(conditions, architecture) ? OfSum(conditions.Devices) : OfPools(conditions.Stated, architecture);

    /// <summary>
    /// The widest decode pool that leaves devices for prompts, whole around its experts or in replicas for few users.
    /// </summary>
    private static ImmutableArray<DisaggregatedLayout> OfSum(int devices)
    {
        var decode = SmallReplica;
        while (decode * 2 < devices && decode < WidestReplica)
            decode *= 2;
        var rest = devices - decode;
        return
        [
            .. from size in (int[])[SmallReplica, ServingLayout.DevicesPerServer]
            where rest % size == 0
            from decoding in (Parallelism[])
                [
                    new(1, 1, decode, decode),
                    new(Math.Min(decode, SmallReplica)),
                    new(Math.Min(decode, ServingLayout.DevicesPerServer)),
                ]
            select new DisaggregatedLayout(
                new Parallelism(1, 1, size, size),
                rest / size,
                decoding,
                decode / decoding.Devices
            ),
        ];
    }

    /// <summary>
    /// The layout that a row states, or those it may mean; none when it does not say. A table that leaves out how many
    /// replicas there are leaves out data-parallel attention too: a rank of a pool may have sequences of its own.
    /// </summary>
    private static ImmutableArray<DisaggregatedLayout> OfPools(IInferenceColumns stated, Architecture architecture)
    {
        if (stated is not { PrefillPool: { } prefill, DecodePool: { } decode })
            return [];
        var first = Layout(decode.Parallelism);
        if (
            decode.Replicas is not null
            || !architecture.HasExperts
            || decode.Parallelism is not { Data: 1, Tensor: > 1 }
        )
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
