using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>
/// The vocabulary in which families list their tensors. Every method adds what the checkpoint holds under that name;
/// a bias is a tensor of its own.
/// </summary>
internal sealed class TensorList
{
    private readonly ImmutableArray<Tensor>.Builder tensors = ImmutableArray.CreateBuilder<Tensor>();

    /// <summary>Layers the next tensors belong to; empty for tensors outside the layers.</summary>
    public ImmutableArray<int> Layers { get; set; } = [];

    /// <summary>Part the next tensors belong to.</summary>
    public ModelPart Part { get; set; } = ModelPart.Language;

    public TensorInventory ToInventory() => new(tensors.ToImmutable());

    public void Add(Tensor tensor) => tensors.Add(tensor with { Layers = Layers, Part = Part });

    public void Embedding(string name, long rows, long width) =>
        Add(new Tensor($"{name}.weight", [rows, width], TensorRole.TokenEmbedding) { Sharding = Sharding.Output });

    public void Positions(string name, long rows, long width) =>
        Add(new Tensor($"{name}.weight", [rows, width], TensorRole.PositionEmbedding));

    /// <summary>The output embedding; tied, it is a second name for the input embedding and adds no parameters.</summary>
    public void Head(string name, long rows, long width, string? tiedTo, bool bias = false)
    {
        Add(
            new Tensor($"{name}.weight", [rows, width], TensorRole.Head) { TiedTo = tiedTo, Sharding = Sharding.Output }
        );
        if (bias)
            Add(new Tensor($"{name}.bias", [rows], TensorRole.Bias) { Sharding = Sharding.Output });
    }

    /// <summary>A matrix from <paramref name="input"/> to <paramref name="output"/> features.</summary>
    public void Linear(string name, long output, long input, Sharding sharding, bool bias = false, string? group = null)
    {
        Add(new Tensor($"{name}.weight", [output, input], TensorRole.Linear) { Sharding = sharding, Group = group });
        if (bias)
            Bias(name, output, sharding is Sharding.Input ? Sharding.Replicated : sharding);
    }

    public void Bias(string name, long length, Sharding sharding = Sharding.Replicated) =>
        Add(new Tensor($"{name}.bias", [length], TensorRole.Bias) { Sharding = sharding });

    public void Norm(string name, long length, bool bias = false)
    {
        Add(new Tensor($"{name}.weight", [length], TensorRole.Norm));
        if (bias)
            Bias(name, length);
    }

    /// <summary>The matrix that scores experts; it runs in high precision and is never quantized.</summary>
    public void Router(string name, long experts, long input, bool bias = false)
    {
        Add(new Tensor($"{name}.weight", [experts, input], TensorRole.Router));
        if (bias)
            Bias(name, experts);
    }

    /// <summary>One matrix per expert, stored as one tensor each; the name holds <c>{expert}</c>.</summary>
    public void Expert(string name, long output, long input, int experts, int active, string? group = null) =>
        Add(
            new Tensor($"{name}.weight", [output, input], TensorRole.Expert)
            {
                Experts = experts,
                ActiveExperts = active,
                Sharding = Sharding.Experts,
                Group = group,
            }
        );
}
