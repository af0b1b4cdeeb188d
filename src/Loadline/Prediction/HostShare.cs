using System.Collections.Immutable;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>What llama.cpp keeps in host memory: the input embedding, and the layers beyond <c>--n-gpu-layers</c>.</summary>
public static class HostShare
{
    /// <summary>The input embedding and the layers that are not on a device.</summary>
    public static ByteSize WeightsOf(Deployment deployment)
    {
        var sum = ByteSize.Zero;
        foreach (var tensor in deployment.Architecture.Tensors.Tensors)
        {
            if (tensor.Part != ModelPart.Language || tensor.TiedTo is not null)
                continue;
            if (tensor.Role is TensorRole.TokenEmbedding or TensorRole.PositionEmbedding)
                sum += deployment.Weights.SizeOf(tensor);
            ImmutableArray<int> own = [.. tensor.Layers.Where(layer => layer < deployment.HostLayers)];
            if (!own.IsEmpty)
                sum += deployment.Weights.SizeOf(tensor with { Layers = own });
        }
        return sum;
    }

    public static ByteSize CacheOf(Deployment deployment, long context, long concurrency) =>
        new CacheLayout(
            deployment.Architecture.Layers[..deployment.HostLayers],
            deployment.Rules,
            deployment.KvCache
        ).SizeOf(context, concurrency);
}
