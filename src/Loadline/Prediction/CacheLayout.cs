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
    private readonly UnifiedPages? pages;
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
            pages = UnifiedPages.Of(layers, rules, format);
    }

    /// <summary>Bytes of so many sequences of so many tokens each.</summary>
    public ByteSize SizeOf(long tokens, long sequences) =>
        rules.CacheLayout switch
        {
            CacheLayoutKind.FullWindows => WithWindowsInFull(Rounded(tokens)) * sequences,
            CacheLayoutKind.Slots => Slots(tokens, sequences),
            CacheLayoutKind.UnifiedPages when pages is not null => pages.SizeOf(tokens) * sequences,
            _ => cache.At(Rounded(tokens), format) * sequences,
        };

    private long Rounded(long tokens) => WholeBlocks.RoomFor(tokens, rules.CacheBlockTokens);

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
            var cells = WholeBlocks.RoomFor(
                Math.Min(tokens, (long)window.Tokens + rules.MaximumBatchedTokens),
                WindowPadding
            );
            size += format.SizeOf(1, window.ElementsPerToken) * cells * sequences;
        }
        return size;
    }
}
