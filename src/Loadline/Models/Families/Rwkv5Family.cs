namespace Loadline.Models;

/// <summary>RWKV-5 "Eagle": a matrix state per head instead of attention. Peng et al., arXiv 2404.05892.</summary>
internal sealed class Rwkv5Family : Family
{
    public override string Name => "rwkv5";

    public override IReadOnlyList<string> ModelTypes => ["rwkv5"];

    public override Architecture Describe(ModelConfig config)
    {
        var hidden = config.Size("hidden_size");
        var attention = config.OptionalSize("attention_hidden_size") ?? hidden;
        var headSize = config.Size("head_size");
        if (attention % headSize != 0)
            throw config.Contradiction("head_size", $"{headSize}", $"a divisor of the attention width {attention}");
        var heads = attention / headSize;
        // Rwkv5Config: three and a half times the hidden size, down to a multiple of 32.
        var intermediate = config.OptionalSize("intermediate_size") ?? (long)hidden * 7 / 2 / 32 * 32;
        var vocabulary = config.Size("vocab_size");
        var layers = config.LayerCount("num_hidden_layers");

        var tensors = new TensorList();
        tensors.Embedding("rwkv.embeddings", vocabulary, hidden);
        tensors.Layers = [0];
        tensors.Norm("rwkv.blocks.{layer}.pre_ln", hidden, bias: true);

        tensors.Layers = LayerPatterns.AllLayers(layers);
        const string Time = "rwkv.blocks.{layer}.attention";
        const string Channel = "rwkv.blocks.{layer}.feed_forward";
        tensors.Norm("rwkv.blocks.{layer}.ln1", hidden, bias: true);
        tensors.Norm("rwkv.blocks.{layer}.ln2", hidden, bias: true);
        tensors.Small($"{Time}.time_decay", [heads, headSize]);
        tensors.Small($"{Time}.time_faaaa", [heads, headSize]);
        foreach (var mix in (string[])["key", "value", "receptance", "gate"])
        {
            tensors.Small($"{Time}.time_mix_{mix}", [1, 1, hidden]);
            tensors.Linear($"{Time}.{mix}", attention, hidden, Sharding.Output, group: "in");
        }
        tensors.Linear($"{Time}.output", hidden, attention, Sharding.Input);
        tensors.Norm($"{Time}.ln_x", attention, bias: true);
        tensors.Small($"{Channel}.time_mix_key", [1, 1, hidden]);
        tensors.Small($"{Channel}.time_mix_receptance", [1, 1, hidden]);
        tensors.Linear($"{Channel}.key", intermediate, hidden, Sharding.Output);
        tensors.Linear($"{Channel}.receptance", hidden, hidden, Sharding.Output);
        tensors.Linear($"{Channel}.value", hidden, intermediate, Sharding.Input);

        tensors.Layers = [];
        tensors.Norm("rwkv.ln_out", hidden, bias: true);
        tensors.Head(
            "head",
            vocabulary,
            hidden,
            config.Flag("tie_word_embeddings", false) ? "rwkv.embeddings.weight" : null
        );

        // Both halves of a block also see the token before: a convolution over two tokens without weights.
        var mixer = new Mixer.Linear(heads, headSize, headSize)
        {
            ShortConvolution = new Mixer.Convolution(2L * hidden, 2),
        };
        return new Architecture
        {
            Family = Name,
            HiddenSize = hidden,
            VocabularySize = vocabulary,
            MaximumContext = config.OptionalSize("context_length"),
            DataType = config.DataType(BlockFormats.Bf16),
            Layers = mixer.Repeat(layers),
            Tensors = tensors.ToInventory(),
        };
    }
}
