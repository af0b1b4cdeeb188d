using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>The cache of one device as an engine lays it out, padding included.</summary>
/// <remarks>
/// The architecture says what must be remembered (<see cref="Cache"/>); engines round it up in their own ways, which
/// are rules of a version: <see cref="CacheLayoutKind"/>.
/// </remarks>
public sealed class CacheLayout
{
    /// <summary>llama.cpp pads the cells of a window cache to this many.</summary>
    private const int WindowPadding = 256;

    private readonly Cache cache;
    private readonly EngineRules rules;
    private readonly BlockFormat format;
    private readonly ImmutableArray<PageGroup> groups;
    private readonly ByteSize fullPerToken;

    /// <param name="layers">Mixers on the device.</param>
    /// <param name="rules">Rules of the engine's version.</param>
    /// <param name="format">Type of the cached numbers.</param>
    public CacheLayout(ImmutableArray<Mixer> layers, EngineRules rules, BlockFormat format)
    {
        this.rules = rules;
        this.format = format;
        cache = Cache.Of(layers);
        fullPerToken = format.SizeOf(1, cache.ElementsPerToken);
        if (rules.CacheLayout == CacheLayoutKind.UnifiedPages)
            groups = PageGroup.Of(layers, format);
    }

    /// <summary>Bytes of so many sequences of so many tokens each.</summary>
    public ByteSize SizeOf(long tokens, long sequences) =>
        rules.CacheLayout switch
        {
            CacheLayoutKind.FullWindows => WithWindowsInFull(Rounded(tokens)) * sequences,
            CacheLayoutKind.Slots => Slots(tokens, sequences),
            CacheLayoutKind.UnifiedPages when groups.Length > 1 => UnifiedPages(tokens) * sequences,
            _ => cache.At(Rounded(tokens), format) * sequences,
        };

    private long Rounded(long tokens) => RoundUp(tokens, rules.CacheBlockTokens);

    /// <summary>Every layer keeps every token, whatever its window: before engines learned to free them.</summary>
    private ByteSize WithWindowsInFull(long tokens)
    {
        var size = fullPerToken * tokens + cache.StatePerSequence;
        foreach (var window in cache.Windows)
            size += format.SizeOf(1, window.ElementsPerToken) * tokens;
        return size;
    }

    /// <summary>
    /// llama.cpp: one cache for the layers that see everything, one for those with a window, whose cells are the window
    /// and one micro-batch, padded, for each sequence. ggml-org/llama.cpp, src/llama-kv-cache-iswa.cpp.
    /// </summary>
    private ByteSize Slots(long tokens, long sequences)
    {
        var size = (fullPerToken * Rounded(tokens) + cache.StatePerSequence) * sequences;
        foreach (var window in cache.Windows)
        {
            var cells = RoundUp(Math.Min(tokens, (long)window.Tokens + rules.MaximumBatchedTokens), WindowPadding);
            size += format.SizeOf(1, window.ElementsPerToken) * cells * sequences;
        }
        return size;
    }

    /// <summary>
    /// vLLM: layers of a kind are cut into groups of equal size so that all share pages of one size; a group that is not
    /// full wastes the rest of its pages. A window keeps what one more step may add.
    /// docs.vllm.ai, design/hybrid_kv_cache_manager.
    /// </summary>
    private ByteSize UnifiedPages(long tokens)
    {
        var largest = groups.Max(group => group.TokenBytes);
        var pages = 0L;
        foreach (var group in groups)
        {
            if (group.Window is not { } window)
            {
                pages += group.Groups * CeilingDivide(tokens, rules.CacheBlockTokens);
                continue;
            }
            var kept = Math.Min(tokens, window - 1 + (long)rules.MaximumBatchedTokens);
            var blocks = Math.Min(
                CeilingDivide(kept, rules.CacheBlockTokens) + 1,
                CeilingDivide(tokens, rules.CacheBlockTokens)
            );
            pages += group.Groups * blocks;
        }
        return new ByteSize(largest * rules.CacheBlockTokens * pages) + cache.StatePerSequence;
    }

    private static long RoundUp(long count, long size) => CeilingDivide(count, size) * size;

    private static long CeilingDivide(long count, long size) => (count + size - 1) / size;

    /// <summary>Groups of layers that share a page, of one window.</summary>
    /// <param name="Window">Tokens of the window; null for the layers that see everything.</param>
    /// <param name="Groups">Groups of this kind.</param>
    /// <param name="TokenBytes">Bytes per token of one group.</param>
    private readonly record struct PageGroup(int? Window, long Groups, long TokenBytes)
    {
        public static ImmutableArray<PageGroup> Of(ImmutableArray<Mixer> layers, BlockFormat format)
        {
            var kinds = layers
                .OfType<Mixer.Attention>()
                .Where(layer => layer.ElementsPerToken > 0)
                .GroupBy(layer => (layer.Window, layer.ElementsPerToken))
                .Select(kind => (kind.Key.Window, kind.Key.ElementsPerToken, Count: kind.Count()))
                .ToList();
            if (kinds.Count < 2)
                return [];
            // Groups have as many layers as the rarest kind, unless the kinds are almost equally frequent.
            const double AlmostEqual = 1.25;
            var fewest = kinds.Min(kind => kind.Count);
            var most = kinds.Max(kind => kind.Count);
            var size = most < fewest * AlmostEqual ? most : fewest;
            return
            [
                .. kinds.Select(kind => new PageGroup(
                    kind.Window,
                    CeilingDivide(kind.Count, size),
                    format.SizeOf(1, kind.ElementsPerToken).Bytes * size
                )),
            ];
        }
    }
}
