using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>
/// vLLM's cache for models whose layers are of several kinds: layers of a kind are cut into groups of equal size, so
/// that all groups share pages of one size. A group that is not full wastes the rest of its pages; a recurrent state
/// takes a page of its own, for which attention blocks grow until a page holds it.
/// </summary>
/// <remarks>docs.vllm.ai, design/hybrid_kv_cache_manager and v1/kv_cache_interface; states are kept in fp32.</remarks>
internal sealed class UnifiedPages
{
    /// <summary>Groups have as many layers as the rarest kind, unless the kinds are almost equally frequent.</summary>
    private const double AlmostEqual = 1.25;

    private const int BytesPerStateElement = 4;

    private readonly ImmutableArray<Group> groups;
    private readonly long blockTokens;
    private readonly long pageBytes;
    private readonly long stepTokens;

    private UnifiedPages(List<Kind> kinds, EngineRules rules)
    {
        var fewest = kinds.Min(kind => kind.Layers);
        var most = kinds.Max(kind => kind.Layers);
        var size = most < fewest * AlmostEqual ? most : fewest;
        var tokenBytes = kinds.Max(kind => kind.TokenBytes);
        var largestState = kinds.Max(kind => kind.StateBytes);
        blockTokens = Math.Max(
            rules.CacheBlockTokens,
            WholeBlocks.RoomFor(WholeBlocks.Covering(largestState, tokenBytes), rules.CacheBlockTokens)
        );
        pageBytes = tokenBytes * blockTokens * size;
        stepTokens = rules.MaximumBatchedTokens;
        groups = [.. kinds.Select(kind => new Group(kind, WholeBlocks.Covering(kind.Layers, size)))];
    }

    /// <summary>Null when all layers are of one kind, which needs no unifying.</summary>
    public static UnifiedPages? Of(ImmutableArray<Mixer> layers, EngineRules rules, BlockFormat format)
    {
        var kinds = layers
            .SelectMany(layer => KindsOf(layer, format))
            .GroupBy(kind => kind)
            .Select(same => same.Key with { Layers = same.Count() })
            .ToList();
        // Latent and compressed caches have page layouts of their own.
        var isOther = layers.Any(layer => layer is Mixer.LatentAttention or Mixer.CompressedAttention);
        return kinds.Count < 2 || isOther || kinds.TrueForAll(kind => kind.TokenBytes == 0)
            ? null
            : new UnifiedPages(kinds, rules);
    }

    /// <summary>Bytes of one sequence.</summary>
    public ByteSize SizeOf(long tokens)
    {
        var pages = groups.Sum(group => group.Count * PagesOf(group.Kind, tokens));
        return new ByteSize(pages * pageBytes);
    }

    private long PagesOf(Kind kind, long tokens)
    {
        if (kind.StateBytes > 0)
            return 1;
        var all = WholeBlocks.Covering(tokens, blockTokens);
        if (kind.Window is not { } window)
            return all;
        // A window keeps what one more step may add, wherever in a block it begins.
        return Math.Min(all, WholeBlocks.Covering(window - 1 + stepTokens, blockTokens) + 1);
    }

    private static IEnumerable<Kind> KindsOf(Mixer layer, BlockFormat format) =>
        layer switch
        {
            Mixer.Attention { ElementsPerToken: > 0 } attention =>
            [
                new Kind(attention.Window, format.SizeOf(1, attention.ElementsPerToken).Bytes, 0, 1),
            ],
            Mixer.Linear recurrence => [new Kind(null, 0, recurrence.StateElements * BytesPerStateElement, 1)],
            Mixer.Convolution convolution => [new Kind(null, 0, convolution.StateElements * BytesPerStateElement, 1)],
            Mixer.Parallel both => KindsOf(both.Softmax, format).Concat(KindsOf(both.Recurrence, format)),
            _ => [],
        };

    /// <summary>Layers that remember alike.</summary>
    private readonly record struct Kind(int? Window, long TokenBytes, long StateBytes, int Layers);

    private readonly record struct Group(Kind Kind, long Count);
}
