using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>Multi-token-prediction layers numbered after the language model's, as DeepSeek-V3 stores them.</summary>
internal static class PredictionParts
{
    /// <summary>How many there are; <paramref name="whenAbsent"/> where the file does not say.</summary>
    public static int PredictionLayers(this ModelConfig config, string name, int whenAbsent = 0)
    {
        var count = config.OptionalInteger(name) ?? whenAbsent;
        return count is >= 0 and <= 100 ? count : throw config.Contradiction(name, $"{count}", "0 to 100");
    }

    /// <summary>
    /// What joins such a layer to the model: norms of both inputs, their projection, and the shared embedding and head,
    /// which most checkpoints store again. The list goes on with the returned layers; none when there are none.
    /// </summary>
    /// <param name="tensors">The list to add to.</param>
    /// <param name="text">The language part of the configuration.</param>
    /// <param name="sizes">Sizes of the language model.</param>
    /// <param name="model">Prefix of the language model's tensors.</param>
    /// <param name="storesCopies">Whether the checkpoint stores embedding and head again.</param>
    public static ImmutableArray<int> BeginPrediction(
        this TensorList tensors,
        ModelConfig text,
        DecoderSizes sizes,
        string model,
        bool storesCopies
    )
    {
        var count = text.PredictionLayers("num_nextn_predict_layers");
        ImmutableArray<int> layers = [.. Enumerable.Range(sizes.Layers, count)];
        if (layers.IsEmpty)
            return layers;

        tensors.Part = ModelPart.Mtp;
        tensors.Layers = layers;
        var layer = $"{model}.layers.{{layer}}";
        var head = model.EndsWith(".model", StringComparison.Ordinal) ? $"{model[..^6]}.lm_head" : "lm_head";
        tensors.Norm($"{layer}.enorm", sizes.Hidden);
        tensors.Norm($"{layer}.hnorm", sizes.Hidden);
        tensors.Linear($"{layer}.eh_proj", sizes.Hidden, 2L * sizes.Hidden, Sharding.Replicated);
        tensors.Norm($"{layer}.shared_head.norm", sizes.Hidden);
        if (!storesCopies)
            return layers;

        tensors.Add(
            new Tensor($"{layer}.embed_tokens.weight", [sizes.Vocabulary, sizes.Hidden], TensorRole.TokenEmbedding)
            {
                TiedTo = $"{model}.embed_tokens.weight",
                Sharding = Sharding.Output,
            }
        );
        tensors.Head($"{layer}.shared_head.head", sizes.Vocabulary, sizes.Hidden, $"{head}.weight");
        return layers;
    }
}
