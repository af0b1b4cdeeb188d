using System.Collections.Immutable;
using System.Globalization;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>A tensor of a GGUF file and the stored tensors it is made of.</summary>
internal sealed record GgufTensor(
    string Name,
    ImmutableArray<StoredTensor> Pieces,
    ImmutableArray<long> Shape,
    WeightRole Role,
    Func<long, long>? RowOrder
);

/// <summary>Lists the tensors of a checkpoint as GGUF has them: its names, experts in one, heads in its order.</summary>
internal sealed class GgufTensorNames
{
    private readonly InputModel input;
    private readonly GgufTarget target;
    private readonly WeightRoles roles;
    private readonly Dictionary<string, StoredTensor> stored;
    private readonly HashSet<string> used = new(StringComparer.Ordinal);

    public GgufTensorNames(InputModel input, GgufTarget target)
    {
        this.input = input;
        this.target = target;
        roles = WeightRoles.OfCheckpoint(input.Model.Architecture);
        stored = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (var tensor in input.Store.Tensors)
        {
            if (!stored.TryAdd(StoredNames.Unwrap(tensor.Name), tensor))
                throw new BadContentException(input.Path, tensor.Name, "a second tensor for the same weight", "one");
        }
    }

    /// <exception cref="BadContentException">The checkpoint lacks a weight, or has one that GGUF has no name for.</exception>
    public List<GgufTensor> List()
    {
        var tensors = new List<GgufTensor>();
        foreach (var tensor in input.Store.Tensors)
        {
            var name = StoredNames.Unwrap(tensor.Name);
            if (used.Contains(name) || StoredNames.IsBuffer(tensor.Name))
                continue;
            if (roles.Find(tensor.Name) is not { } role || NameOf(role) is not { } gguf)
            {
                var expected = $"tensors that the architecture {target.Name} of llama.cpp has";
                throw new BadContentException(input.Path, $"tensor {tensor.Name}", "no name in GGUF", expected);
            }
            // A second copy of the embedding: llama.cpp reads the first for both.
            if (role.Tensor.TiedTo is null)
                tensors.Add(Of(tensor, role, gguf));
            used.Add(name);
        }
        CheckComplete(tensors);
        return tensors;
    }

    private string? NameOf(WeightRole role)
    {
        // Families that normalize after attention as well call the norm before the MLP otherwise; none is written here.
        const string BeforeMlp = "post_attention_layernorm";
        var ways = GgufNames.Of(
            role.Tensor.Name.Replace(BeforeMlp, "ffn_norm", StringComparison.Ordinal),
            input.Model.Architecture.Layers.Length
        );
        return ways is [[var only], ..] ? only.Replace("{layer}", Text(role.Layer), StringComparison.Ordinal) : null;
    }

    private GgufTensor Of(StoredTensor tensor, WeightRole role, string name)
    {
        if (!role.Tensor.Name.Contains("{expert}", StringComparison.Ordinal))
            return new GgufTensor(name, [tensor], tensor.Shape, role, OrderOf(role));
        var template = StoredNames
            .Unwrap(role.Tensor.Name)
            .Replace("{layer}", Text(role.Layer), StringComparison.Ordinal);
        var pieces = Enumerable
            .Range(0, role.Tensor.Experts)
            .Select(expert => Piece(template, expert))
            .ToImmutableArray();
        if (pieces.Any(piece => !piece.Shape.SequenceEqual(tensor.Shape) || piece.Format != tensor.Format))
            throw new BadContentException(input.Path, tensor.Name, "experts of several shapes or types", "all alike");
        return new GgufTensor(name, pieces, [pieces.Length, .. tensor.Shape], role, RowOrder: null);
    }

    private StoredTensor Piece(string template, int expert)
    {
        var name = template.Replace("{expert}", Text(expert), StringComparison.Ordinal);
        used.Add(name);
        return stored.TryGetValue(name, out var piece)
            ? piece
            : throw new BadContentException(input.Path, $"tensor {name}", "missing", "every expert of the layer");
    }

    /// <summary>
    /// The checkpoint rotates numbers half a head apart, llama.cpp neighbours: rows of queries and keys change places.
    /// </summary>
    /// <remarks>llama.cpp, <c>convert_hf_to_gguf.py</c>, <c>LlamaModel.permute</c>.</remarks>
    private Func<long, long>? OrderOf(WeightRole role)
    {
        var module = role.Tensor.Name.Split('.')[^2];
        if (!target.PermutesHeads || module is not ("q_proj" or "k_proj"))
            return null;
        long size = ((Mixer.Attention)input.Model.Architecture.Layers[role.Layer]).HeadSize;
        return row =>
        {
            var (head, place) = Math.DivRem(row, size);
            return head * size + place % 2 * (size / 2) + place / 2;
        };
    }

    private void CheckComplete(List<GgufTensor> tensors)
    {
        var names = tensors.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var tensor in input.Model.Architecture.Tensors.Tensors.Where(tensor => tensor.TiedTo is null))
        {
            foreach (var layer in tensor.Layers.IsEmpty ? [0] : tensor.Layers)
            {
                if (NameOf(new WeightRole(tensor, layer)) is { } name && !names.Contains(name))
                    throw new BadContentException(
                        input.Path,
                        $"tensor {tensor.Name}",
                        $"missing in layer {layer}",
                        name
                    );
            }
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
