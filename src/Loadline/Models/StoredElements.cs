using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>One reason why a checkpoint holds more elements than its model has parameters, or fewer.</summary>
/// <param name="What">In a few words.</param>
/// <param name="Elements">Elements it adds; negative for what is packed or left out.</param>
public sealed record StoredTerm(string What, long Elements)
{
    /// <summary>Who says so; null where it follows from the configuration.</summary>
    public string? Source { get; init; }
}

/// <summary>
/// Elements of a published checkpoint as the listings of model hubs count them, as far as the configuration tells:
/// all parts, copies that prediction layers keep, codes that share an element, and scales.
/// </summary>
/// <param name="Parameters">Parameters of all parts, tied tensors once.</param>
/// <param name="Terms">What the checkpoint has beyond them.</param>
public sealed record StoredElements(long Parameters, ImmutableArray<StoredTerm> Terms)
{
    public long Total => Parameters + Terms.Sum(term => term.Elements);

    public static StoredElements Of(Architecture architecture)
    {
        var parameters = 0L;
        var copies = 0L;
        var packed = 0L;
        var scales = 0L;
        foreach (var tensor in architecture.Tensors.Tensors)
        {
            parameters += tensor.Parameters;
            // The language model's own tied head is one tensor; a prediction layer lists what it shares because its
            // checkpoint stores it again.
            if (tensor.TiedTo is not null)
                copies += tensor.Part == ModelPart.Mtp ? tensor.Count * tensor.Copies : 0;
            else if (architecture.StoredFormat is { } format)
            {
                var block = format.FormatOf(tensor);
                packed += format is StoredFormat { ListsEveryCode: true } ? 0 : PackedIn(block, tensor);
                scales += ScalesOf(block, tensor);
            }
        }
        ImmutableArray<StoredTerm> terms =
        [
            new("embedding and head stored again by the prediction layers", copies),
            new("codes that share a byte", -packed),
            new("scales", scales),
        ];
        return new StoredElements(parameters, [.. terms.Where(term => term.Elements != 0)]);
    }

    /// <summary>Codes beyond the first of every byte; each row is packed by itself.</summary>
    private static long PackedIn(BlockFormat format, Tensor tensor)
    {
        if (format.CodesPerByte == 1)
            return 0;
        var columns = tensor.Shape[^1];
        var bytes = (columns + format.CodesPerByte - 1) / format.CodesPerByte;
        return tensor.Count / columns * (columns - bytes) * tensor.Copies;
    }

    private static long ScalesOf(BlockFormat format, Tensor tensor) => format.ScalesOf(tensor.Shape) * tensor.Copies;
}
