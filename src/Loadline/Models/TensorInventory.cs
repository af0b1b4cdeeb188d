using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Models;

/// <summary>All tensors of an architecture. Every parameter count is a sum over this list.</summary>
public sealed class TensorInventory(ImmutableArray<Tensor> tensors)
{
    public ImmutableArray<Tensor> Tensors { get; } = tensors;

    /// <summary>Parameters of the language model: tied tensors once, without multi-token-prediction layers.</summary>
    public long Parameters => ParametersOf(ModelPart.Language);

    /// <summary>Parameters one token touches in the language model.</summary>
    public long ActiveParameters
    {
        get
        {
            var sum = 0L;
            foreach (var tensor in Tensors)
            {
                if (tensor.Part == ModelPart.Language)
                    sum += tensor.ActiveParameters;
            }
            return sum;
        }
    }

    public long ParametersOf(ModelPart part)
    {
        var sum = 0L;
        foreach (var tensor in Tensors)
        {
            if (tensor.Part == part)
                sum += tensor.Parameters;
        }
        return sum;
    }

    /// <summary>Bytes of the given parts when every tensor is stored as the recipe says.</summary>
    public ByteSize SizeIn(WeightFormat format, Predicate<ModelPart>? parts = null)
    {
        var sum = ByteSize.Zero;
        foreach (var tensor in Tensors)
        {
            if (tensor.TiedTo is null && (parts?.Invoke(tensor.Part) ?? tensor.Part == ModelPart.Language))
                sum += format.SizeOf(tensor);
        }
        return sum;
    }
}
