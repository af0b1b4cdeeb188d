using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>Devices a row was measured on and the ways they may share the model, the likeliest first.</summary>
internal sealed record ServingLayout(int Devices, ImmutableArray<Parallelism> Splits)
{
    /// <summary>Servers of the benchmarks that state no network between nodes.</summary>
    public const int DevicesPerServer = 8;

    private static readonly int[] TensorDegrees = [1, 2, 4, 8];

    /// <summary>The split that is stated, or all there are from the smallest.</summary>
    public static ServingLayout Of(InferenceConditions conditions, Architecture architecture)
    {
        var devices = conditions.Devices;
        if (conditions.Engine.StartsWith("llama.cpp", StringComparison.Ordinal))
            return new ServingLayout(devices, [new Parallelism(Pipeline: devices)]);
        if (conditions.Tensor is not { } tensor)
            return new ServingLayout(
                devices,
                [
                    .. TensorDegrees
                        .Where(degree => devices % degree == 0)
                        .Select(degree => new Parallelism(degree, conditions.Pipeline)),
                ]
            );
        // Copies of a dense model share nothing: they are replicas.
        if (!architecture.HasExperts)
            return new ServingLayout(devices, [new Parallelism(tensor, conditions.Pipeline)]);
        if (OfMultipliedDegrees(conditions, tensor) is { } mended)
            return mended;

        // SGLang counts the data-parallel ranks of attention among those of tensor parallelism, the others beside them;
        // more of them than devices tell.
        var isCountedTwice = tensor * conditions.Data * conditions.Pipeline > devices;
        var own = isCountedTwice ? Math.Max(1, tensor / conditions.Data) : tensor;
        return new ServingLayout(
            devices,
            [Spread(new Parallelism(own, conditions.Pipeline, conditions.Expert, conditions.Data), architecture)]
        );
    }

    /// <summary>
    /// Tables that do not record data-parallel attention give its ranks as those of tensor parallelism. Where a cache is
    /// latent it would be the same on all of them, so whoever spreads one over more devices than a server has gives each
    /// sequences of its own; heads that do not divide leave nothing else.
    /// </summary>
    public static Parallelism Spread(Parallelism stated, Architecture architecture) =>
        WithWholeExperts(
            stated is { Data: 1, Tensor: > DevicesPerServer }
            && architecture.Layers.Any(layer => layer is Mixer.LatentAttention)
                ? stated with
                {
                    Tensor = 1,
                    Data = stated.Tensor,
                }
                : stated,
            architecture
        );

    /// <summary>
    /// Ranks that have sequences of their own deal whole experts: nobody splits one over more devices than a server has,
    /// nor over a number that does not divide it, whatever degree the table has left out.
    /// </summary>
    private static Parallelism WithWholeExperts(Parallelism pool, Architecture architecture) =>
        pool.RanksPerExpert > DevicesPerServer || (pool.Data > 1 && !DivideExperts(pool.RanksPerExpert, architecture))
            ? pool with
            {
                Expert = pool.ExpertRanks,
            }
            : pool;

    private static bool DivideExperts(int ranks, Architecture architecture) =>
        architecture.Tensors.Tensors.All(tensor =>
            tensor is not { Role: TensorRole.Expert, Part: ModelPart.Language, Shape.Length: > 1 }
            || Math.Min(tensor.OutputFeatures, tensor.InputFeatures) % ranks == 0
        );

    /// <summary>
    /// aiconfigurator's table multiplies the tensor or data degree of some runs with the expert degree, which shares
    /// its devices: n devices become n x n. The same runs stand in it with n as well, to the last digit.
    /// </summary>
    private static ServingLayout? OfMultipliedDegrees(InferenceConditions conditions, int tensor)
    {
        var devices = (int)Math.Sqrt(conditions.Devices);
        var isServer = devices <= DevicesPerServer && conditions.Devices > DevicesPerServer;
        if (!isServer || devices * devices != conditions.Devices || conditions.Expert < devices)
            return null;
        var own = Math.Min(tensor, devices);
        return new ServingLayout(devices, [new Parallelism(own, 1, devices, devices / own)]);
    }
}
