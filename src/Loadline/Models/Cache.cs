using System.Collections.Immutable;
using System.Diagnostics;
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

    /// <summary>
    /// Bytes of recurrent and convolution state per sequence, independent of its length. It accumulates over the whole
    /// sequence, so it is kept in fp32 whatever the cache format (<c>mamba_ssm_dtype</c> of the published files).
    /// </summary>
    public required ByteSize StatePerSequence { get; init; }

    public static Cache Of(ImmutableArray<Mixer> layers)
    {
        var sum = new Sum();
        foreach (var layer in layers)
            sum.Add(layer);
        return sum.ToCache();
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

    private sealed class Sum
    {
        private readonly SortedDictionary<int, (long Elements, int Layers)> windows = [];
        private long full;
        private long state;

        public void Add(Mixer mixer)
        {
            switch (mixer)
            {
                case Mixer.Attention { Window: { } window } attention:
                    AddWindow(window, attention.ElementsPerToken);
                    break;
                case Mixer.Attention attention:
                    full += attention.ElementsPerToken;
                    break;
                case Mixer.LatentAttention attention:
                    full += attention.ElementsPerToken;
                    break;
                case Mixer.CompressedAttention attention:
                    AddWindow(attention.Window, attention.HeadSize);
                    full += attention.ElementsPerToken;
                    break;
                case Mixer.Linear recurrence:
                    state += recurrence.StateElements;
                    break;
                case Mixer.Convolution convolution:
                    state += convolution.StateElements;
                    break;
                case Mixer.Parallel parallel:
                    Add(parallel.Softmax);
                    Add(parallel.Recurrence);
                    break;
                case Mixer.None:
                    break;
                default:
                    throw new UnreachableException();
            }
        }

        public Cache ToCache() =>
            new()
            {
                ElementsPerToken = full,
                Windows =
                [
                    .. windows.Select(pair => new CacheWindow(pair.Key, pair.Value.Elements, pair.Value.Layers)),
                ],
                StatePerSequence = BlockFormats.Fp32.SizeOf(1, state),
            };

        private void AddWindow(int window, long elementsPerToken)
        {
            if (elementsPerToken == 0)
                return;
            var (elements, layers) = windows.GetValueOrDefault(window);
            windows[window] = (elements + elementsPerToken, layers + 1);
        }
    }
}
