using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>The weights of a model where they lie: the tensors of its files and their bytes.</summary>
public abstract class WeightStore : IDisposable
{
    /// <summary>Every tensor of every file, as <see cref="StoredTensor"/> describes it.</summary>
    public abstract ImmutableArray<StoredTensor> Tensors { get; }

    /// <summary>Null when there is no tensor of that name.</summary>
    public abstract StoredTensor? Find(string name);

    /// <summary>Reads bytes of a tensor, from <paramref name="offset"/> bytes after its beginning.</summary>
    /// <exception cref="IOException">The file could not be read; the message names it.</exception>
    public abstract void Read(StoredTensor tensor, long offset, Span<byte> bytes);

    /// <summary>All bytes of a tensor where the operating system keeps them, for weights that stay in use.</summary>
    /// <exception cref="IOException">The file could not be mapped; the message names it.</exception>
    public abstract MappedTensor Map(StoredTensor tensor);

    public abstract void Dispose();
}
