using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>
/// The decoder that DeepSeek-V2 and V3 began and Kimi-K2 and GLM-5 adopted: latent attention, a few dense layers, then
/// routed and shared experts, and a multi-token-prediction layer numbered after the last.
/// </summary>
internal static class LatentExpertDecoder
{
    /// <param name="config">The whole configuration.</param>
    /// <param name="text">Its language part.</param>
    /// <param name="family">Name of the family.</param>
    /// <param name="model">Prefix of the language model's tensors.</param>
    /// <param name="storesCopies">Whether prediction layers store embedding and head again.</param>
    /// <param name="addOthers">Adds vision and projector.</param>
    public static Architecture Describe(
        ModelConfig config,
        ModelConfig text,
        string family,
        string model = "model",
        bool storesCopies = true,
        Action<TensorList>? addOthers = null
    )
    {
        var sizes = Sizes(text);
        var indexer = text.Indexer();
        var scoring = ScoringLayers(text, sizes.Layers, indexer);
        var latent = text.LatentAttention();

        var tensors = sizes.Begin(model);
        Layers(tensors, text, sizes, model, latent, indexer, LayerPatterns.AllLayers(sizes.Layers), scoring);
        tensors.Finish(text, sizes, tiedByDefault: false, model);
        var prediction = tensors.BeginPrediction(text, sizes, model, storesCopies);
        if (!prediction.IsEmpty)
            Layers(tensors, text, sizes, model, latent, indexer, prediction, prediction.ToHashSet());
        addOthers?.Invoke(tensors);

        ImmutableArray<Mixer> mixers =
        [
            .. Enumerable
                .Range(0, sizes.Layers)
                .Select(layer =>
                    latent with
                    {
                        Indexer = indexer is null ? null : indexer with { IsReused = !scoring.Contains(layer) },
                    }
                ),
        ];
        return config.ToArchitecture(family, sizes, mixers, tensors);
    }

    /// <summary>Head sizes stand in fields of their own, so <c>head_dim</c> means different things in different files.</summary>
    private static DecoderSizes Sizes(ModelConfig text) =>
        new()
        {
            Hidden = text.Size("hidden_size"),
            Vocabulary = text.Size("vocab_size"),
            Layers = text.LayerCount("num_hidden_layers"),
            QueryHeads = text.Size("num_attention_heads"),
            KvHeads = 1,
            HeadSize = text.Size("qk_nope_head_dim") + text.Size("qk_rope_head_dim"),
            MaximumContext = text.OptionalSize("max_position_embeddings"),
        };

    /// <summary>Layers whose indexer is their own; the others take the choice of the layer before.</summary>
    private static HashSet<int> ScoringLayers(ModelConfig text, int layers, Indexer? indexer)
    {
        if (indexer is null)
            return [];
        if (text.OptionalTexts("indexer_types") is not { } types)
            return [.. Enumerable.Range(0, layers)];
        if (types.Count != layers || types.Any(type => type is not ("full" or "shared")))
            throw text.Contradiction("indexer_types", $"{types.Count} entries", $"{layers} of \"full\" or \"shared\"");
        return [.. Enumerable.Range(0, layers).Where(layer => types[layer] == "full")];
    }

    private static void Layers(
        TensorList tensors,
        ModelConfig text,
        DecoderSizes sizes,
        string model,
        Mixer.LatentAttention latent,
        Indexer? indexer,
        ImmutableArray<int> layers,
        IReadOnlySet<int> scoring
    )
    {
        var layer = $"{model}.layers.{{layer}}";
        tensors.PreNorms(layer, sizes.Hidden);
        tensors.LatentAttention($"{layer}.self_attn", text, sizes.Hidden, latent);
        if (indexer is not null)
        {
            tensors.Layers = [.. layers.Where(scoring.Contains)];
            tensors.Indexer($"{layer}.self_attn.indexer", text, sizes.Hidden, indexer);
        }
        var experts = ExpertSizes.Read(text, "moe_intermediate_size", "n_routed_experts");
        tensors.DenseOrExperts(
            $"{layer}.mlp",
            sizes.Hidden,
            layers,
            text.FirstDenseLayers(sizes.Layers),
            () => text.Size("intermediate_size"),
            experts,
            (long)(text.OptionalInteger("n_shared_experts") ?? 0) * experts.Intermediate,
            text.OptionalText("topk_method") == "noaux_tc"
        );
    }
}
