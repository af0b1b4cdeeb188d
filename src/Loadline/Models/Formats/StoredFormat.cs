using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Models;

/// <summary>Matrices of a checkpoint that were quantized alike.</summary>
/// <param name="Targets">Which matrices.</param>
/// <param name="Format">How they are stored.</param>
internal readonly record struct StoredRule(ModulePatterns Targets, BlockFormat Format);

/// <summary>
/// How a checkpoint says it is quantized: rules that name modules, and modules left alone. The first rule that names
/// a tensor decides; a tensor that none names keeps the model's own type.
/// </summary>
public sealed record StoredFormat : WeightFormat
{
    internal StoredFormat(
        string name,
        ImmutableArray<StoredRule> rules,
        ModulePatterns leftAlone,
        BlockFormat rest,
        Arithmetic arithmetic
    )
        : base(name, rules[0].Format, rest, arithmetic)
    {
        Rules = rules;
        LeftAlone = leftAlone;
    }

    internal ImmutableArray<StoredRule> Rules { get; }

    internal ModulePatterns LeftAlone { get; }

    /// <summary>The format of the tensor in its first layer; see <see cref="Split"/>.</summary>
    public override BlockFormat FormatOf(Tensor tensor) =>
        FormatIn(tensor, tensor.Layers.IsDefaultOrEmpty ? 0 : tensor.Layers[0]);

    public override ByteSize SizeOf(Tensor tensor)
    {
        var sum = ByteSize.Zero;
        foreach (var alike in Alike(tensor))
            sum += FormatOf(alike).SizeOf(alike.Shape) * alike.Copies;
        return sum;
    }

    /// <summary>
    /// The same tensors, divided where some layers were quantized and others were not, so that every tensor has one
    /// format.
    /// </summary>
    public TensorInventory Split(TensorInventory inventory) => new([.. inventory.Tensors.SelectMany(Alike)]);

    private IEnumerable<Tensor> Alike(Tensor tensor) =>
        tensor.Layers.Length < 2
            ? [tensor]
            : tensor
                .Layers.GroupBy(layer => FormatIn(tensor, layer))
                .Select(layers => tensor with { Layers = [.. layers] });

    private BlockFormat FormatIn(Tensor tensor, int layer)
    {
        var module = tensor
            .Name.Replace("{layer}", $"{layer}", StringComparison.Ordinal)
            .Replace("{expert}", "0", StringComparison.Ordinal);
        if (module.EndsWith(".weight", StringComparison.Ordinal))
            module = module[..^".weight".Length];

        // The head is a matrix too, but only quantized where a rule names it.
        if (!tensor.IsQuantizable && tensor.Role != TensorRole.Head || LeftAlone.Names(module))
            return Rest;
        foreach (var rule in Rules)
        {
            if (tensor.IsQuantizable && rule.Targets.MatchesEverything || rule.Targets.Names(module))
                return rule.Format;
        }
        return Rest;
    }
}
