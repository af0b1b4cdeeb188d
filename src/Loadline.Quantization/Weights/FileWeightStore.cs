using System.Collections.Immutable;
using System.Diagnostics;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Weights in files whose headers say where every tensor begins.</summary>
public abstract class FileWeightStore : WeightStore
{
    private readonly ImmutableArray<WeightFile> files;
    private readonly Dictionary<string, Place> places = new(StringComparer.Ordinal);

    private protected FileWeightStore(IReadOnlyList<FileTensors> parts)
    {
        var tensors = ImmutableArray.CreateBuilder<StoredTensor>(parts.Sum(part => part.Tensors.Length));
        var opened = new List<WeightFile>();
        try
        {
            foreach (var part in parts)
            {
                opened.Add(new WeightFile(part.Path));
                for (var i = 0; i < part.Tensors.Length; i++)
                {
                    var place = new Place(part.Tensors[i], opened[^1], part.DataStart + part.Offsets[i]);
                    places.Add(place.Tensor.Name, place);
                    tensors.Add(place.Tensor);
                }
            }
        }
        catch
        {
            opened.ForEach(file => file.Dispose());
            throw;
        }
        files = [.. opened];
        Tensors = tensors.MoveToImmutable();
    }

    public override ImmutableArray<StoredTensor> Tensors { get; }

    /// <summary>Paths of the files, in the order of their tensors.</summary>
    public IEnumerable<string> Paths => files.Select(file => file.Path);

    public override StoredTensor? Find(string name) => places.TryGetValue(name, out var place) ? place.Tensor : null;

    public override void Read(StoredTensor tensor, long offset, Span<byte> bytes)
    {
        var place = PlaceOf(tensor);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, tensor.Bytes - bytes.Length);
        place.File.Read(place.Start + offset, bytes);
    }

    public override unsafe MappedTensor Map(StoredTensor tensor)
    {
        var place = PlaceOf(tensor);
        return new MappedTensor(place.File.AddressOf(place.Start), tensor.Bytes);
    }

    public override void Dispose()
    {
        foreach (var file in files)
            file.Dispose();
        GC.SuppressFinalize(this);
    }

    private Place PlaceOf(StoredTensor tensor) =>
        places.TryGetValue(tensor.Name, out var place)
            ? place
            : throw new UnreachableException($"{tensor.Name} is a tensor of another store");

    private readonly record struct Place(StoredTensor Tensor, WeightFile File, long Start);

    /// <summary>What the header of one file says.</summary>
    private protected sealed record FileTensors(
        string Path,
        ImmutableArray<StoredTensor> Tensors,
        ImmutableArray<long> Offsets,
        long DataStart
    );
}
