using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Models;

/// <summary>One tensor as a file header lists it.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Format">Layout of its data.</param>
/// <param name="Shape">Rows first; the last dimension is contiguous. GGUF, which lists it first, is turned round.</param>
/// <param name="Bytes">Bytes its data takes in the file.</param>
public readonly record struct StoredTensor(string Name, BlockFormat Format, ImmutableArray<long> Shape, long Bytes)
{
    public long Elements
    {
        get
        {
            var count = 1L;
            foreach (var dimension in Shape)
                count *= dimension;
            return count;
        }
    }
}

/// <summary>What the headers of a checkpoint say is in it, packed codes, scales and buffers included.</summary>
public sealed class Checkpoint(ImmutableArray<StoredTensor> tensors)
{
    public ImmutableArray<StoredTensor> Tensors { get; } = tensors;

    /// <summary>Elements stored, tied copies and packed codes counted as they are.</summary>
    public long Elements => Tensors.Sum(tensor => tensor.Elements);

    public ByteSize Size => new(Tensors.Sum(tensor => tensor.Bytes));
}
