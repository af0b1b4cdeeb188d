using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>
/// Nemotron-Super and Ultra: Llama 3 whose layers an architecture search thinned out one by one, down to nothing.
/// arXiv 2505.00949.
/// </summary>
internal sealed class NemotronNasFamily : Family
{
    /// <summary>DeciLM rounds MLP widths up to this.</summary>
    private const long WidthMultiple = 256;

    /// <summary>What the search left of a layer; null for a block that was removed.</summary>
    private readonly record struct Block(Mixer.Attention? Attention, long? Intermediate);

    public override string Name => "nemotron-nas";

    public override IReadOnlyList<string> ModelTypes => ["nemotron-nas"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var blocks = Blocks(config, sizes);
        var attentionBias = config.Flag("attention_bias", false);
        var mlpBias = config.Flag("mlp_bias", false);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        foreach (var shape in blocks.Select(block => block.Attention).Distinct())
        {
            if (shape is null)
                continue;
            tensors.Layers = LayerPatterns.LayersWhere(blocks.Length, layer => blocks[layer].Attention == shape);
            tensors.Norm($"{Layer}.input_layernorm", sizes.Hidden);
            tensors.Attention(
                $"{Layer}.self_attn",
                sizes.Hidden,
                shape,
                qkvBias: attentionBias,
                outputBias: attentionBias
            );
        }
        foreach (var width in blocks.Select(block => block.Intermediate).Distinct())
        {
            if (width is not { } intermediate)
                continue;
            tensors.Layers = LayerPatterns.LayersWhere(blocks.Length, layer => blocks[layer].Intermediate == width);
            tensors.Norm($"{Layer}.post_attention_layernorm", sizes.Hidden);
            tensors.GatedMlp($"{Layer}.mlp", sizes.Hidden, intermediate, mlpBias);
        }
        tensors.Finish(config, sizes, tiedByDefault: false);

        ImmutableArray<Mixer> mixers =
        [
            .. blocks.Select<Block, Mixer>(block => block.Attention is { } attention ? attention : new Mixer.None()),
        ];
        return config.ToArchitecture(Name, sizes, mixers, tensors);
    }

    private static ImmutableArray<Block> Blocks(ModelConfig config, DecoderSizes sizes)
    {
        var sections = config.Sections("block_configs") ?? throw config.Missing("block_configs", "one per layer");
        if (sections.Count != sizes.Layers)
            throw config.Contradiction("block_configs", $"{sections.Count}", $"one for each of {sizes.Layers} layers");
        return [.. sections.Select(section => new Block(Attention(section, sizes), Intermediate(section, sizes)))];
    }

    private static Mixer.Attention? Attention(ModelConfig block, DecoderSizes sizes)
    {
        var attention = block.Section("attention") ?? throw block.Missing("attention", "an object");
        if (attention.Flag("replace_with_linear", false))
            throw attention.Contradiction("replace_with_linear", "true", "false: no published model has it");
        if (attention.Flag("no_op", false))
            return null;
        var group = attention.Size("n_heads_in_group");
        return sizes.QueryHeads % group == 0
            ? new Mixer.Attention(sizes.QueryHeads, sizes.QueryHeads / group, sizes.HeadSize)
            {
                Window = attention.OptionalSize("window_length"),
            }
            : throw attention.Contradiction("n_heads_in_group", $"{group}", $"a divisor of {sizes.QueryHeads} heads");
    }

    /// <summary>Two thirds of the multiple of the hidden size, as in Llama, rounded up.</summary>
    private static long? Intermediate(ModelConfig block, DecoderSizes sizes)
    {
        var ffn = block.Section("ffn") ?? throw block.Missing("ffn", "an object");
        if (ffn.Flag("replace_with_linear", false))
            throw ffn.Contradiction("replace_with_linear", "true", "false: no published model has it");
        if (ffn.Flag("no_op", false))
            return null;
        var multiple = ffn.OptionalNumber("ffn_mult") ?? throw ffn.Missing("ffn_mult", "a number");
        if (multiple is <= 0 or > 1000)
            throw ffn.Contradiction("ffn_mult", $"{multiple}", "a positive number up to 1000");
        var width = (long)(2 * multiple * sizes.Hidden / 3);
        return (width + WidthMultiple - 1) / WidthMultiple * WidthMultiple;
    }
}
