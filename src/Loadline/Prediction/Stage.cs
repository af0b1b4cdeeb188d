using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>One of the groups of consecutive layers that a model split by layers puts on a device each.</summary>
/// <param name="Index">Place in the pipeline, from 0.</param>
/// <param name="Count">Stages in all.</param>
public readonly record struct Stage(int Index, int Count)
{
    /// <summary>Layers of this stage where they are not shared out evenly.</summary>
    private LayerRange? Own { get; init; }

    /// <summary>Engines for one user keep the input embedding, a table that is only looked up, in host memory.</summary>
    private bool IsEmbeddingOnHost { get; init; }

    public bool IsFirst => Index == 0;

    public bool IsLast => Index == Count - 1;

    public bool HasEmbedding => IsFirst && !IsEmbeddingOnHost;

    /// <summary>Layers shared out as evenly as they go; the last stages, which have the head, get none to spare.</summary>
    public LayerRange LayersOf(Architecture architecture)
    {
        if (Own is { } own)
            return own;
        var (each, spare) = Math.DivRem(architecture.Layers.Length, Count);
        var first = Index * each + Math.Min(Index, spare);
        return new LayerRange(first, first + each + (Index < spare ? 1 : 0));
    }

    /// <summary>As many stages with as many layers each as it goes.</summary>
    public static IEnumerable<Stage> Even(int count) =>
        Enumerable.Range(0, count).Select(index => new Stage(index, count));

    /// <summary>Every stage of a deployment, in order.</summary>
    public static IEnumerable<Stage> All(Deployment deployment)
    {
        var count = deployment.Parallelism.Pipeline;
        if (deployment.Rules.CacheLayout != CacheLayoutKind.Slots)
            return Even(count);
        var ranges = ByShare(deployment);
        return Even(count)
            .Select(stage =>
                stage with
                {
                    Own = ranges[stage.Index],
                    IsEmbeddingOnHost = deployment.IsEmbeddingOnHost,
                }
            );
    }

    /// <summary>
    /// The rule of llama.cpp: the head counts as one more layer, and a layer goes to the device in whose share of the
    /// whole it begins. ggml-org/llama.cpp, src/llama-model.cpp, load_tensors.
    /// </summary>
    private static ImmutableArray<LayerRange> ByShare(Deployment deployment)
    {
        var layers = deployment.Architecture.Layers.Length;
        var shares = deployment.StageShares;
        var sum = shares.Sum();
        var ranges = ImmutableArray.CreateBuilder<LayerRange>(shares.Length);
        var next = deployment.HostLayers;
        var split = layers + 1 - next;
        var upTo = 0.0;
        foreach (var share in shares)
        {
            upTo += share;
            var first = next;
            var isLast = ranges.Count == shares.Length - 1;
            while (next < layers && (isLast || (next - deployment.HostLayers) * sum < upTo * split))
                next++;
            ranges.Add(new LayerRange(first, next));
        }
        return ranges.MoveToImmutable();
    }
}

/// <summary>Layers from the first to before the end.</summary>
public readonly record struct LayerRange(int First, int End)
{
    public bool Contains(int layer) => layer >= First && layer < End;
}
