using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization.Inference;

/// <summary>Puts a decoder together from the tensors that its architecture lists.</summary>
/// <remarks>
/// Every tensor of the language model must find its place: one that is left over would change what the model computes,
/// so it is refused by name.
/// </remarks>
internal sealed class DecoderBuilder
{
    private readonly Architecture architecture;
    private readonly InferenceSettings settings;
    private readonly ModelWeights weights;
    private readonly string file;
    private readonly DecoderNames names;
    private readonly ILookup<string, Tensor> tensors;
    private readonly HashSet<Tensor> used = new(ReferenceEqualityComparer.Instance);

    public DecoderBuilder(Architecture architecture, InferenceSettings settings, ModelWeights weights, string file)
    {
        this.architecture = architecture;
        this.settings = settings;
        this.weights = weights;
        this.file = file;
        names = DecoderNames.Of(architecture.Family);
        tensors = architecture
            .Tensors.Tensors.Where(tensor => tensor.Part == ModelPart.Language)
            .ToLookup(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <exception cref="BadContentException">A tensor is missing, or one has no place.</exception>
    public Decoder Build()
    {
        var layers = ImmutableArray.CreateBuilder<DecoderLayer>(architecture.Layers.Length);
        for (var layer = 0; layer < architecture.Layers.Length; layer++)
            layers.Add(Layer(layer));
        var decoder = new Decoder
        {
            Embedding = Required(names.Embedding, -1),
            Positions = names.Positions is { } positions ? Required(positions, -1).Matrix : null,
            ProjectIn = names.ProjectIn is { } into ? Optional(into, -1) : null,
            ProjectOut = names.ProjectOut is { } outOf ? Optional(outOf, -1) : null,
            Layers = layers.MoveToImmutable(),
            FinalNorm = NormOf(names.FinalNorm, -1),
            Head = Head(),
        };
        foreach (var tensor in tensors.SelectMany(group => group))
        {
            if (!used.Contains(tensor))
                throw Bad(tensor.Name, "a tensor whose part in the computation is not described");
        }
        return decoder;
    }

    private DecoderLayer Layer(int layer)
    {
        var prefix = names.Layer;
        return new DecoderLayer
        {
            Attention = AttentionOf(layer),
            AttentionNorm = RequiredNorm(prefix + names.AttentionNorm, layer),
            AttentionOutputNorm = names.AttentionOutputNorm is { } after ? RequiredNorm(prefix + after, layer) : null,
            Qkv = [.. names.Qkv.Select(name => Required(prefix + name, layer))],
            QueryNorm = NormOf(prefix + names.QueryNorm, layer),
            KeyNorm = NormOf(prefix + names.KeyNorm, layer),
            Output = Required(prefix + names.Output, layer),
            MlpNorm = RequiredNorm(prefix + names.MlpNorm, layer),
            MlpOutputNorm = names.MlpOutputNorm is { } end ? RequiredNorm(prefix + end, layer) : null,
            Mlp = Find(prefix + names.Down, layer) is null ? null : MlpOf(prefix, names.Up, names.Down, layer, 0),
            Experts = ExpertsOf(prefix, layer),
        };
    }

    private Mixer.Attention AttentionOf(int layer) =>
        architecture.Layers[layer]
            is Mixer.Attention { IsChunked: false, SharesCache: false, IsBidirectional: false, Indexer: null } attention
            ? attention
            : throw Bad(
                $"layer {layer}",
                $"{architecture.Layers[layer].GetType().Name}, whose computation is not described"
            );

    private Mlp MlpOf(string prefix, ImmutableArray<string> up, string down, int layer, int expert) =>
        new([.. up.Select(name => Required(prefix + name, layer, expert))], Required(prefix + down, layer, expert));

    private ExpertMlp? ExpertsOf(string prefix, int layer)
    {
        if (Find($"{prefix}{names.ExpertDown}", layer) is not { } down)
            return null;
        var experts = Enumerable
            .Range(0, down.Experts)
            .Select(expert => MlpOf(prefix, names.ExpertUp, names.ExpertDown, layer, expert));
        return new ExpertMlp(Required(prefix + names.Router, layer), down.ActiveExperts, [.. experts]);
    }

    /// <summary>The output embedding, or the input's where it is only another name for it.</summary>
    private Projection Head()
    {
        var head = Find(names.Head, -1) ?? throw Bad(names.Head, "missing");
        if (head.TiedTo is null)
            return Required(names.Head, -1);
        var bias = Vector($"{names.Head}.bias", -1);
        return new Projection(head.Name, -1, 0, Required(head.TiedTo[..^".weight".Length], -1).Matrix, bias);
    }

    private Projection Required(string name, int layer, int expert = 0) =>
        Optional(name, layer, expert) ?? throw Bad(name, "missing");

    private Projection? Optional(string name, int layer, int expert = 0) =>
        Find(name, layer) is { } tensor
            ? new Projection(
                ModelWeights.NameOf(tensor, layer, expert),
                layer,
                expert,
                weights.Matrix(tensor, layer, expert),
                Vector($"{name}.bias", layer)
            )
            : null;

    private Norm RequiredNorm(string name, int layer) => NormOf(name, layer) ?? throw Bad(name, "missing");

    private Norm? NormOf(string name, int layer) =>
        Vector($"{name}.weight", layer) is { } weight
            ? new Norm(settings.Norm, settings.NormEpsilon, weight, Vector($"{name}.bias", layer))
            : null;

    private float[]? Vector(string name, int layer) =>
        FindTensor(name, layer) is { } tensor ? weights.Vector(tensor, layer) : null;

    private Tensor? Find(string name, int layer) => FindTensor($"{name}.weight", layer);

    private Tensor? FindTensor(string name, int layer)
    {
        var found = tensors[name].FirstOrDefault(tensor => layer < 0 || tensor.Layers.Contains(layer));
        if (found is not null)
            used.Add(found);
        return found;
    }

    private BadContentException Bad(string place, string found) =>
        new(file, FileText.Quote(place), found, $"a decoder that is computed as {architecture.Family} is");
}

/// <summary>A whole decoder, ready to run.</summary>
internal sealed record Decoder
{
    public required Projection Embedding { get; init; }

    public required WeightMatrix? Positions { get; init; }

    public required Projection? ProjectIn { get; init; }

    public required Projection? ProjectOut { get; init; }

    public required ImmutableArray<DecoderLayer> Layers { get; init; }

    public required Norm? FinalNorm { get; init; }

    public required Projection Head { get; init; }
}
