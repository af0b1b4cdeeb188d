using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization.Inference;

/// <summary>Loads what an architecture calls a tensor, whatever the checkpoint calls it.</summary>
internal abstract class ModelWeights(WeightStore store, string file) : IDisposable
{
    /// <summary>Bytes read at a time; a span cannot have more than 2 GiB.</summary>
    private const int Piece = 1 << 28;

    private readonly Dictionary<string, AlignedMemory> loaded = new(StringComparer.Ordinal);
    private long partBytes;

    protected WeightStore Store { get; } = store;

    /// <summary>Name for messages.</summary>
    protected string File { get; } = file;

    /// <summary>Bytes of weights in memory.</summary>
    public long Bytes => partBytes + loaded.Values.Sum(memory => memory.Length);

    /// <exception cref="BadContentException">It is not there, of another shape, or of a format nobody reads.</exception>
    public abstract WeightMatrix Matrix(Tensor tensor, int layer, int expert);

    /// <summary>The numbers of a norm or a bias.</summary>
    /// <exception cref="BadContentException">It is not there, of another shape, or of a format nobody reads.</exception>
    public abstract float[] Vector(Tensor tensor, int layer);

    public void Dispose()
    {
        foreach (var memory in loaded.Values)
            memory.Dispose();
    }

    public static string NameOf(Tensor tensor, int layer, int expert) =>
        tensor.Name.Replace("{layer}", $"{layer}").Replace("{expert}", $"{expert}");

    protected float[] Numbers(StoredTensor stored, string place, ReadOnlySpan<long> shape)
    {
        CheckShape(stored, place, shape);
        var numbers = new float[stored.Elements];
        var bytes = new byte[stored.Bytes];
        Store.Read(stored, 0, bytes);
        CodecOf(stored, place).Decode(bytes, numbers);
        return numbers;
    }

    protected BlockCodec CodecOf(StoredTensor stored, string place) =>
        BlockCodecs.Find(stored.Format)
        ?? throw new BadContentException(File, place, $"format {stored.Format.Name}", "a format that can be decoded");

    protected void CheckShape(StoredTensor stored, string place, ReadOnlySpan<long> shape)
    {
        if (!stored.Shape.AsSpan().SequenceEqual(shape))
            throw new BadContentException(File, place, Text(stored.Shape), Text([.. shape]));
    }

    /// <summary>All bytes of a tensor, read once however often they are asked for.</summary>
    protected AlignedMemory Load(StoredTensor stored)
    {
        if (loaded.TryGetValue(stored.Name, out var memory))
            return memory;
        loaded[stored.Name] = memory = new AlignedMemory(stored.Bytes);
        for (var at = 0L; at < stored.Bytes; at += Piece)
            Store.Read(stored, at, memory.Slice(at, (int)Math.Min(Piece, stored.Bytes - at)));
        return memory;
    }

    /// <summary>All bytes of a part of a matrix, for codecs that take them as memory.</summary>
    protected ReadOnlyMemory<byte> ReadAll(StoredTensor stored)
    {
        var bytes = new byte[stored.Bytes];
        Store.Read(stored, 0, bytes);
        partBytes += bytes.Length;
        return bytes;
    }

    /// <summary>The same after a change that is made once.</summary>
    protected AlignedMemory Load(StoredTensor stored, Action<AlignedMemory> change)
    {
        if (loaded.TryGetValue(stored.Name, out var memory))
            return memory;
        memory = Load(stored);
        change(memory);
        return memory;
    }

    private static string Text(ImmutableArray<long> shape) => string.Join(" x ", shape);
}
