using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>One of the groups of consecutive layers that a model split by layers puts on a device each.</summary>
/// <param name="Index">Place in the pipeline, from 0.</param>
/// <param name="Count">Stages in all.</param>
/// <param name="HostLayers">First layers that stay on the host, with the input embedding.</param>
public readonly record struct Stage(int Index, int Count, int HostLayers = 0)
{
    public bool IsFirst => Index == 0 && HostLayers == 0;

    public bool IsLast => Index == Count - 1;

    /// <summary>Layers shared out as evenly as they go; the last stages, which have the head, get none to spare.</summary>
    public LayerRange LayersOf(Architecture architecture)
    {
        var (each, spare) = Math.DivRem(architecture.Layers.Length - HostLayers, Count);
        var first = HostLayers + Index * each + Math.Min(Index, spare);
        return new LayerRange(first, first + each + (Index < spare ? 1 : 0));
    }

    /// <summary>Every stage of a deployment, in order.</summary>
    public static IEnumerable<Stage> All(Parallelism parallelism, int hostLayers = 0) =>
        Enumerable.Range(0, parallelism.Pipeline).Select(index => new Stage(index, parallelism.Pipeline, hostLayers));
}

/// <summary>Layers from the first to before the end.</summary>
public readonly record struct LayerRange(int First, int End)
{
    public bool Contains(int layer) => layer >= First && layer < End;
}
