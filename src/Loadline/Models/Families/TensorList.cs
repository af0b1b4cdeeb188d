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

    /// <summary>The convolution that cuts an image into patches; a matrix over the values of one patch.</summary>
    public void Patches(string name, long width, ImmutableArray<long> patch, bool bias)
    {
        Add(new Tensor($"{name}.weight", [width, .. patch], TensorRole.Small));
        if (bias)
            Bias(name, width);
    }

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

    /// <summary>A matrix stored as input x output, as the Conv1D of GPT-2 is; always with a bias.</summary>
    public void Conv1D(string name, long output, long input, Sharding sharding)
    {
        Add(
            new Tensor($"{name}.weight", [input, output], TensorRole.Linear) { Sharding = sharding, InputFirst = true }
        );
        Bias(name, output, sharding is Sharding.Input ? Sharding.Replicated : sharding);
    }

    /// <summary>A tensor too small or too delicate for any recipe to quantize.</summary>
    public void Small(string name, ImmutableArray<long> shape, Sharding sharding = Sharding.Replicated) =>
        Add(new Tensor(name, shape, TensorRole.Small) { Sharding = sharding });

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

    /// <summary>The bias that balances the load of experts; it stands beside the router, not in it.</summary>
    public void RouterBias(string name, long experts) => Add(new Tensor(name, [experts], TensorRole.Bias));

    /// <summary>One matrix per expert, stored as one tensor each; the name holds <c>{expert}</c>.</summary>
    public void Expert(string name, long output, long input, ExpertSizes experts, string? group = null) =>
        Add(
            new Tensor($"{name}.weight", [output, input], TensorRole.Expert)
            {
                Experts = experts.Count,
                ActiveExperts = experts.Active,
                Sharding = Sharding.Experts,
                Group = group,
            }
        );

    /// <summary>All experts in one tensor, experts first; such checkpoints do not end the name with "weight".</summary>
    public void FusedExperts(
        string name,
        ImmutableArray<long> shape,
        ExpertSizes experts,
        TensorRole role = TensorRole.Expert,
        bool inputFirst = false
    ) =>
        Add(
            new Tensor(name, shape, role)
            {
                Experts = experts.Count,
                ActiveExperts = experts.Active,
                Sharding = Sharding.Experts,
                InputFirst = inputFirst,
            }
        );
}
