using Loadline.Quantities;

namespace Loadline.Models;

/// <summary>The number type a matrix multiplication runs in, which picks the hardware's rate.</summary>
public enum Arithmetic
{
    Fp32,
    Tf32,
    Fp16,
    Bf16,
    Fp8,
    Int8,
    Fp4,
}

/// <summary>
/// A recipe that says in which block format each tensor of a model is stored and in which arithmetic its matrices
/// are multiplied: <c>fp8</c>, <c>int4</c>, <c>Q4_K_M</c>.
/// </summary>
/// <param name="Name">The field's name for the recipe.</param>
/// <param name="Matrices">Format of the linear and expert matrices.</param>
/// <param name="Rest">Format of embeddings, head, norms, biases and routers, which most recipes leave alone.</param>
/// <param name="Arithmetic">Weight-only recipes multiply in 16 bit.</param>
public record WeightFormat(string Name, BlockFormat Matrices, BlockFormat Rest, Arithmetic Arithmetic)
{
    /// <summary>True for the file types of llama.cpp.</summary>
    public virtual bool IsGguf => false;

    /// <summary>Format of the output embedding, for recipes that quantize it too.</summary>
    public BlockFormat? Head { get; init; }

    /// <summary>Format of the input embedding, for recipes that quantize it too.</summary>
    public BlockFormat? Embedding { get; init; }

    /// <summary>The name under which engines list what they load; one for all sizes of a kind.</summary>
    public string LoadedAs
    {
        get => field ?? Name;
        init;
    }

    public virtual BlockFormat FormatOf(Tensor tensor) =>
        tensor.IsQuantizable ? Matrices
        : tensor.Role == TensorRole.Head ? Head ?? Rest
        : tensor.Role == TensorRole.TokenEmbedding ? Embedding ?? Rest
        : Rest;

    /// <summary>The arithmetic of one tensor: what a recipe leaves alone is multiplied in its own type.</summary>
    public virtual Arithmetic ArithmeticOf(Tensor tensor) =>
        FormatOf(tensor) == Rest && Rest != Matrices ? Arithmetic.Bf16 : Arithmetic;

    /// <summary>Bytes of all copies of a tensor, tied or not.</summary>
    public virtual ByteSize SizeOf(Tensor tensor) => FormatOf(tensor).SizeOf(tensor.Shape) * tensor.Copies;

    public sealed override string ToString() => Name;
}
