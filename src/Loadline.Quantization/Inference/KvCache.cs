namespace Loadline.Quantization.Inference;

/// <summary>
/// Keys and values of one sequence in fp32, all tokens of all layers; layers with a window read only their own.
/// </summary>
public sealed class KvCache : IDisposable
{
    private readonly FloatRows[] keys;
    private readonly FloatRows[] values;
    private readonly int rowsPerHead;

    internal KvCache(Decoder decoder, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
        // Tiles read four positions at a time.
        rowsPerHead = (capacity + DotTiles.Width - 1) / DotTiles.Width * DotTiles.Width;
        keys = [.. decoder.Layers.Select(layer => Rows(layer.Attention.KvHeads, layer.Attention.HeadSize))];
        values = [.. decoder.Layers.Select(layer => Rows(layer.Attention.KvHeads, layer.Attention.ValueHeadSize))];
    }

    /// <summary>Tokens it has room for.</summary>
    public int Capacity { get; }

    /// <summary>Tokens in it.</summary>
    public int Length { get; internal set; }

    /// <summary>Forgets the tokens from a position on, so that a prefix can be used again.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    public void Dispose()
    {
        foreach (var rows in keys.Concat(values))
            rows.Dispose();
    }

    internal unsafe float* Key(int layer, int head, int position) => keys[layer].At(head * rowsPerHead + position);

    internal unsafe float* Value(int layer, int head, int position) => values[layer].At(head * rowsPerHead + position);

    internal int KeyStride(int layer) => keys[layer].Stride;

    internal int ValueStride(int layer) => values[layer].Stride;

    private FloatRows Rows(int heads, int size) => new(checked(heads * rowsPerHead), size);
}
