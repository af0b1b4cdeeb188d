using System.Collections.Immutable;

namespace Loadline.Quantization;

/// <summary>Everything about an output that is known before the first weight is read.</summary>
internal sealed record QuantizationPlan
{
    public required QuantizationRequest Request { get; init; }

    /// <summary>Where copied tensors are read from.</summary>
    public required WeightStore Store { get; init; }

    public required ImmutableArray<PlannedTensor> Tensors { get; init; }

    /// <summary>Files of weights, whose places the tensors name by number.</summary>
    public required ImmutableArray<PlannedFile> Files { get; init; }

    /// <summary>Files written after the weights, in this order: the last one makes the output look complete.</summary>
    public ImmutableArray<SideFile> SideFiles { get; init; } = [];

    /// <summary>Files the weights are read from.</summary>
    public required ImmutableArray<string> Inputs { get; init; }

    /// <summary>True when the output is a folder of its own.</summary>
    public required bool IsFolder { get; init; }

    public ImmutableArray<string> Notes { get; init; } = [];

    public long BytesIn => Tensors.Sum(tensor => tensor.BytesIn);

    public long BytesOut => Tensors.Sum(tensor => tensor.BytesOut);
}

/// <summary>A file of weights before it is written.</summary>
/// <param name="Path">Where it will be.</param>
/// <param name="Header">Its beginning.</param>
/// <param name="Length">Bytes of the whole file.</param>
internal sealed record PlannedFile(string Path, byte[] Header, long Length);

/// <summary>A file that goes with the weights.</summary>
/// <param name="Path">Where it will be.</param>
/// <param name="Text">What is in it; null for a copy.</param>
/// <param name="CopyOf">The file it is a copy of.</param>
internal sealed record SideFile(string Path, string? Text, string? CopyOf);
