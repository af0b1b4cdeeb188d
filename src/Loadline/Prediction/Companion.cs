using System.Collections.Immutable;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Something on the devices beside the model: adapters, a draft model, another model.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Weights">Bytes per device.</param>
/// <param name="Cache">What it remembers of the same sequences; null when it has none.</param>
public sealed record Companion(string Name, ByteSize Weights, CacheLayout? Cache)
{
    /// <summary>Adapters are kept in 16 bit.</summary>
    private const int BytesPerAdapterWeight = 2;

    internal static ImmutableArray<Companion> Of(DeploymentRequest request, Deployment deployment)
    {
        var companions = ImmutableArray.CreateBuilder<Companion>();
        var ranks = deployment.Parallelism.Tensor;
        if (request.Adapters > 0)
            companions.Add(
                new Companion(
                    $"{request.Adapters} adapters of rank {request.AdapterRank}",
                    AdapterSize(deployment.Architecture, request.AdapterRank, ranks) * request.Adapters,
                    Cache: null
                )
            );
        if (request.Draft is { } draft)
            companions.Add(
                new Companion(
                    $"draft {draft.Id}",
                    Shards.WeightsOnRank(draft.Architecture, draft.StoredWeights, ranks),
                    new CacheLayout(
                        Shards.LayersOnRank(draft.Architecture, ranks, new Stage(0, 1)),
                        deployment.Rules,
                        draft.Architecture.DataType
                    )
                )
            );
        foreach (var other in request.Beside)
            companions.Add(
                new Companion(
                    other.Id,
                    Shards.WeightsOnRank(other.Architecture, other.StoredWeights, ranks),
                    Cache: null
                )
            );
        return companions.ToImmutable();
    }

    /// <summary>
    /// One LoRA adapter on every dense matrix: rank x (inputs + outputs) weights each. The half that reads the input is
    /// on every rank, the half that writes the output is split with its matrix. Hu et al., arXiv 2106.09685.
    /// </summary>
    private static ByteSize AdapterSize(Architecture architecture, int rank, int ranks)
    {
        var weights = 0L;
        foreach (var tensor in architecture.Tensors.Tensors)
        {
            if (tensor is not { Role: TensorRole.Linear, Part: ModelPart.Language })
                continue;
            var (outputs, inputs) = Shards.MatrixOnRank(tensor, architecture, ranks);
            weights += rank * (inputs + outputs) * tensor.Copies;
        }
        return new ByteSize(weights * BytesPerAdapterWeight);
    }
}
