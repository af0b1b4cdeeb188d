using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Models;

/// <summary>Matrices of a checkpoint that were quantized alike.</summary>
/// <param name="Targets">Which matrices.</param>
/// <param name="Format">How they are stored.</param>
/// <param name="Arithmetic">How they are multiplied.</param>
internal readonly record struct StoredRule(ModulePatterns Targets, BlockFormat Format, Arithmetic Arithmetic);

/// <summary>
/// How a checkpoint says it is quantized: rules that name modules, and modules left alone. The first rule that names
/// a tensor decides; a tensor that none names keeps the model's own type.
/// </summary>
public sealed record StoredFormat : WeightFormat
{
    internal StoredFormat(string name, ImmutableArray<StoredRule> rules, ModulePatterns leftAlone, BlockFormat rest)
        : base(name, rules[0].Format, rest, rules[0].Arithmetic)
    {
        Rules = rules;
        LeftAlone = leftAlone;
    }

    /// <summary>
    /// True for methods whose packing hub listings know, so that they count every code: GPTQ, AWQ, bitsandbytes,
    /// gpt-oss's MXFP4 and compressed-tensors. Bytes of all others count as one element whatever is packed in them.
    /// </summary>
    public bool ListsEveryCode { get; init; }

    /// <summary>True when only the language model was quantized, whatever the rules name.</summary>
    internal bool SkipsTowers { get; init; }

    internal ImmutableArray<StoredRule> Rules { get; }

    internal ModulePatterns LeftAlone { get; }

    /// <summary>The format of the tensor in its first layer; see <see cref="Split"/>.</summary>
    public override BlockFormat FormatOf(Tensor tensor) => RuleFor(tensor, FirstLayer(tensor))?.Format ?? Rest;

    public override Arithmetic ArithmeticOf(Tensor tensor) =>
        RuleFor(tensor, FirstLayer(tensor))?.Arithmetic ?? Arithmetic.Bf16;

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
                .Layers.GroupBy(layer => RuleFor(tensor, layer)?.Format)
                .Select(layers => tensor with { Layers = [.. layers] });

    private static int FirstLayer(Tensor tensor) => tensor.Layers.IsDefaultOrEmpty ? 0 : tensor.Layers[0];

    /// <summary>The rule that decides; null when the tensor keeps the model's own type.</summary>
    private StoredRule? RuleFor(Tensor tensor, int layer)
    {
        // The head is a matrix too, but only quantized where a rule names it.
        if (!tensor.IsQuantizable && tensor.Role != TensorRole.Head)
            return null;
        if (SkipsTowers && tensor.Part is not (ModelPart.Language or ModelPart.Mtp))
            return null;

        var module = tensor
            .Name.Replace("{layer}", $"{layer}", StringComparison.Ordinal)
            .Replace("{expert}", "0", StringComparison.Ordinal);
        if (module.EndsWith(".weight", StringComparison.Ordinal))
            module = module[..^".weight".Length];
        if (LeftAlone.Names(module))
            return null;
        foreach (var rule in Rules)
        {
            if (tensor.IsQuantizable && rule.Targets.MatchesEverything || rule.Targets.Names(module))
                return rule;
        }
        return null;
    }
}
