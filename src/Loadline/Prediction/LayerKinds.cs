using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>Kinds of layers as intervals tell them apart: a model with a kind that no compared model had is less certain.</summary>
public static class LayerKinds
{
    public static ImmutableArray<string> Of(Architecture architecture) =>
        [.. architecture.Layers.SelectMany(Of).Distinct().Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Of(Mixer layer) =>
        layer switch
        {
            Mixer.Attention { Indexer: not null } => ["attention", "sparse"],
            Mixer.Attention { Window: not null } => ["window"],
            Mixer.Attention => ["attention"],
            Mixer.LatentAttention { Indexer: not null } => ["latent", "sparse"],
            Mixer.LatentAttention => ["latent"],
            Mixer.CompressedAttention => ["compressed"],
            Mixer.Linear => ["recurrent"],
            Mixer.Convolution => ["convolution"],
            Mixer.Parallel both => [.. Of(both.Softmax), .. Of(both.Recurrence)],
            _ => [],
        };
}
