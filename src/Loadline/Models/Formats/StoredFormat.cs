using System.Collections.Immutable;
using System.Globalization;
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
    private readonly bool dependsOnLayer;

    internal StoredFormat(string name, ImmutableArray<StoredRule> rules, ModulePatterns leftAlone, BlockFormat rest)
        : base(name, rules[0].Format, rest, rules[0].Arithmetic)
    {
        Rules = rules;
        LeftAlone = leftAlone;
        dependsOnLayer = leftAlone.DependsOnLayer || rules.Any(rule => rule.Targets.DependsOnLayer);
    }

    /// <summary>
    /// True for methods whose packing hub listings know, so that they count every code: GPTQ, AWQ, bitsandbytes,
    /// gpt-oss's MXFP4 and compressed-tensors. Bytes of all others count as one element whatever is packed in them.
    /// </summary>
    public bool ListsEveryCode { get; init; }

    /// <summary>The cache it asks engines for; null for the model's own type.</summary>
    public BlockFormat? Cache { get; init; }

    /// <summary>True when only the language model was quantized, whatever the rules name.</summary>
    internal bool SkipsTowers { get; init; }

    internal ImmutableArray<StoredRule> Rules { get; }

    internal ModulePatterns LeftAlone { get; }

    /// <summary>The format of the tensor in its first layer; see <see cref="Split"/>.</summary>
    public override BlockFormat FormatOf(Tensor tensor) => RuleFor(tensor)?.Format ?? Rest;

    public override Arithmetic ArithmeticOf(Tensor tensor) => RuleFor(tensor)?.Arithmetic ?? Arithmetic.Bf16;

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

    private IEnumerable<Tensor> Alike(Tensor tensor)
    {
        if (tensor.Layers.Length < 2 || !dependsOnLayer)
            return [tensor];
        var module = ModuleName.Of(tensor);
        var first = RuleFor(tensor, module, tensor.Layers[0])?.Format;
        return tensor.Layers.All(layer => RuleFor(tensor, module, layer)?.Format == first)
            ? [tensor]
            : tensor
                .Layers.GroupBy(layer => RuleFor(tensor, module, layer)?.Format)
                .Select(layers => tensor with { Layers = [.. layers] });
    }

    /// <summary>The rule of its first layer, which after <see cref="Split"/> is that of all.</summary>
    private StoredRule? RuleFor(Tensor tensor) =>
        RuleFor(tensor, ModuleName.Of(tensor), tensor.Layers.IsDefaultOrEmpty ? 0 : tensor.Layers[0]);

    /// <summary>The rule that decides; null when the tensor keeps the model's own type.</summary>
    private StoredRule? RuleFor(Tensor tensor, ModuleName name, int layer)
    {
        // The head is a matrix too, but only quantized where a rule names it.
        if (!tensor.IsQuantizable && tensor.Role != TensorRole.Head)
            return null;
        if (SkipsTowers && tensor.Part is not (ModelPart.Language or ModelPart.Mtp))
            return null;

        Span<char> buffer = stackalloc char[ModuleName.LongestOnStack];
        var module = name.InLayer(layer, buffer);
        if (LeftAlone.Names(module))
            return null;
        foreach (var rule in Rules)
        {
            if (tensor.IsQuantizable && rule.Targets.MatchesEverything || rule.Targets.Names(module))
                return rule;
        }
        return null;
    }

    /// <summary>Name of the module a tensor belongs to, before and after the number of its layer.</summary>
    private readonly record struct ModuleName(string Before, string? After)
    {
        public const int LongestOnStack = 256;

        private const int LongestNumber = 11;

        public static ModuleName Of(Tensor tensor)
        {
            var name = tensor.Name.EndsWith(".weight", StringComparison.Ordinal)
                ? tensor.Name[..^".weight".Length]
                : tensor.Name;
            name = name.Replace("{expert}", "0", StringComparison.Ordinal);
            var place = name.IndexOf("{layer}", StringComparison.Ordinal);
            return place < 0 ? new(name, null) : new(name[..place], name[(place + "{layer}".Length)..]);
        }

        public ReadOnlySpan<char> InLayer(int layer, Span<char> buffer)
        {
            if (After is null)
                return Before;
            if (Before.Length + LongestNumber + After.Length > buffer.Length)
                return $"{Before}{layer}{After}";
            Before.CopyTo(buffer);
            layer.TryFormat(buffer[Before.Length..], out var digits, provider: CultureInfo.InvariantCulture);
            After.CopyTo(buffer[(Before.Length + digits)..]);
            return buffer[..(Before.Length + digits + After.Length)];
        }
    }
}
