using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization.Tests;

/// <summary>Weights that a test has made.</summary>
internal sealed class MemoryStore : WeightStore
{
    private readonly Dictionary<string, (StoredTensor Tensor, byte[] Bytes)> all = new(StringComparer.Ordinal);

    public override ImmutableArray<StoredTensor> Tensors => [.. all.Values.Select(entry => entry.Tensor)];

    public void Add(string name, BlockFormat format, ImmutableArray<long> shape, byte[] bytes) =>
        all.Add(name, (new StoredTensor(name, format, shape, bytes.Length), bytes));

    public override StoredTensor? Find(string name) => all.TryGetValue(name, out var entry) ? entry.Tensor : null;

    public override void Read(StoredTensor tensor, long offset, Span<byte> bytes) =>
        all[tensor.Name].Bytes.AsSpan((int)offset, bytes.Length).CopyTo(bytes);

    public override MappedTensor Map(StoredTensor tensor) => throw new NotSupportedException();

    public override void Dispose() { }
}
