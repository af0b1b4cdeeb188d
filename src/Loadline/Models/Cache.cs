using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Models;

/// <summary>Layers that remember only the last <paramref name="Tokens"/> tokens.</summary>
/// <param name="Tokens">Window length.</param>
/// <param name="ElementsPerToken">Cached numbers per token, all layers of the window together.</param>
/// <param name="Layers">Layers with this window.</param>
public readonly record struct CacheWindow(int Tokens, long ElementsPerToken, int Layers);

/// <summary>What a sequence leaves in memory, as the architecture needs it, without any engine's padding.</summary>
public sealed record Cache
{
    /// <summary>Cached numbers per token of the layers that remember everything.</summary>
    public required long ElementsPerToken { get; init; }

    public required ImmutableArray<CacheWindow> Windows { get; init; }

    /// <summary>Bytes of recurrent state per sequence, independent of its length.</summary>
    public required ByteSize StatePerSequence { get; init; }

    public static Cache Of(ImmutableArray<Mixer> layers)
    {
        var full = 0L;
        var windows = new SortedDictionary<int, (long Elements, int Layers)>();
        foreach (var layer in layers)
        {
            if (layer is not Mixer.Attention attention)
                continue;
            if (attention.Window is not { } window)
            {
                full += attention.ElementsPerToken;
                continue;
            }
            var (elements, count) = windows.GetValueOrDefault(window);
            windows[window] = (elements + attention.ElementsPerToken, count + 1);
        }

        return new Cache
        {
            ElementsPerToken = full,
            Windows = [.. windows.Select(pair => new CacheWindow(pair.Key, pair.Value.Elements, pair.Value.Layers))],
            StatePerSequence = ByteSize.Zero,
        };
    }

    /// <summary>Bytes per token of the layers that remember everything.</summary>
    public ByteSize PerToken(BlockFormat format) => format.SizeOf(1, ElementsPerToken);

    /// <summary>Bytes of one sequence of the given length.</summary>
    public ByteSize At(long tokens, BlockFormat format)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        var size = format.SizeOf(1, ElementsPerToken) * tokens + StatePerSequence;
        foreach (var window in Windows)
            size += format.SizeOf(1, window.ElementsPerToken) * Math.Min(tokens, window.Tokens);
        return size;
    }
}
