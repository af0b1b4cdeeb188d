using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>Nemotron-H and Nemotron-3: one block per layer, Mamba-2, attention, MLP or experts. arXiv 2504.03624.</summary>
/// <remarks>The MLPs square a ReLU and have no gate. Experts of Super and Ultra work in a narrower latent space.</remarks>
internal sealed class NemotronHFamily : Family
{
    private enum Block
    {
        Mamba,
        Attention,
        Mlp,
        Experts,
    }

    public override string Name => "nemotron-h";

    public override IReadOnlyList<string> ModelTypes => ["nemotron_h"];

    public override Architecture Describe(ModelConfig config)
    {
        var blocks = Blocks(config);
        var hidden = config.Size("hidden_size");
        var heads = config.Size("num_attention_heads");
        var sizes = new DecoderSizes
        {
            Hidden = hidden,
            Vocabulary = config.Size("vocab_size"),
            Layers = blocks.Length,
            QueryHeads = heads,
            KvHeads = config.Size("num_key_value_heads"),
            // NemotronHConfig: 128 under either name.
            HeadSize = config.OptionalSize("head_dim") ?? config.OptionalSize("attention_head_dim") ?? 128,
            MaximumContext = config.OptionalSize("max_position_embeddings"),
        };
        var mamba = new MambaSizes(
            config.Size("mamba_num_heads"),
            config.Size("mamba_head_dim"),
            config.Size("ssm_state_size"),
            config.Size("n_groups"),
            config.Size("conv_kernel")
        );

        var tensors = new TensorList();
        tensors.Embedding("backbone.embeddings", sizes.Vocabulary, hidden);
        tensors.Layers = LayerPatterns.AllLayers(blocks.Length);
        tensors.Norm("backbone.layers.{layer}.norm", hidden);
        foreach (var kind in blocks.Distinct())
        {
            tensors.Layers = LayerPatterns.LayersWhere(blocks.Length, layer => blocks[layer] == kind);
            AddBlock(tensors, "backbone.layers.{layer}.mixer", kind, config, sizes, mamba);
        }
        tensors.Layers = [];
        tensors.Norm("backbone.norm_f", hidden);
        tensors.Head(
            "lm_head",
            sizes.Vocabulary,
            hidden,
            config.Flag("tie_word_embeddings", false) ? "backbone.embeddings.weight" : null
        );
        AddPrediction(tensors, config, sizes, mamba);

        Mixer attention = sizes.Attention(config.OptionalSize("sliding_window"));
        ImmutableArray<Mixer> mixers =
        [
            .. blocks.Select(block =>
                block switch
                {
                    Block.Mamba => mamba.Mixer,
                    Block.Attention => attention,
                    _ => new Mixer.None(),
                }
            ),
        ];
        return config.ToArchitecture(Name, sizes, mixers, tensors);
    }

    private static void AddBlock(
        TensorList tensors,
        string mixer,
        Block block,
        ModelConfig config,
        DecoderSizes sizes,
        MambaSizes mamba
    )
    {
        switch (block)
        {
            case Block.Mamba:
                tensors.Mamba(
                    mixer,
                    sizes.Hidden,
                    mamba,
                    config.Flag("mamba_proj_bias", false),
                    config.Flag("use_conv_bias", true),
                    gatedNorm: true
                );
                break;
            case Block.Attention:
                var bias = config.Flag("attention_bias", false);
                tensors.Attention(mixer, sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
                break;
            case Block.Mlp:
                var mlpBias = config.Flag("mlp_bias", false);
                tensors.Mlp(mixer, sizes.Hidden, config.Size("intermediate_size"), "up_proj", "down_proj", mlpBias);
                break;
            default:
                AddExperts(tensors, mixer, config, sizes.Hidden);
                break;
        }
    }

    private static void AddExperts(TensorList tensors, string mixer, ModelConfig config, int hidden)
    {
        var experts = ExpertSizes.Read(config, "moe_intermediate_size", "n_routed_experts");
        var latent = config.OptionalSize("moe_latent_size");
        tensors.Router($"{mixer}.gate", experts.Count, hidden);
        tensors.RouterBias($"{mixer}.gate.e_score_correction_bias", experts.Count);
        if (latent is { } width)
        {
            tensors.Linear($"{mixer}.fc1_latent_proj", width, hidden, Sharding.Replicated);
            tensors.Linear($"{mixer}.fc2_latent_proj", hidden, width, Sharding.Replicated);
        }
        var expertWidth = latent ?? hidden;
        tensors.Expert($"{mixer}.experts.{{expert}}.up_proj", experts.Intermediate, expertWidth, experts);
        tensors.Expert($"{mixer}.experts.{{expert}}.down_proj", expertWidth, experts.Intermediate, experts);
        if (config.OptionalInteger("n_shared_experts") > 0)
        {
            var shared = config.Size("moe_shared_expert_intermediate_size");
            tensors.Mlp($"{mixer}.shared_experts", hidden, shared, "up_proj", "down_proj", bias: false);
        }
    }

    /// <summary>A prediction step is a short stack of blocks of its own, which <c>mtp_layers_block_type</c> lists.</summary>
    private static void AddPrediction(TensorList tensors, ModelConfig config, DecoderSizes sizes, MambaSizes mamba)
    {
        if ((config.OptionalInteger("num_nextn_predict_layers") ?? 0) == 0)
            return;
        var blocks =
            Blocks(config, "mtp_layers_block_type", "mtp_hybrid_override_pattern")
            ?? throw config.Missing("mtp_layers_block_type", "a list of block types");

        tensors.Part = ModelPart.Mtp;
        tensors.Layers = [0];
        tensors.Norm("mtp.layers.{layer}.enorm", sizes.Hidden);
        tensors.Norm("mtp.layers.{layer}.hnorm", sizes.Hidden);
        tensors.Linear("mtp.layers.{layer}.eh_proj", sizes.Hidden, 2L * sizes.Hidden, Sharding.Replicated);
        for (var layer = 0; layer < blocks.Length; layer++)
        {
            tensors.Layers = [layer];
            tensors.Norm("mtp.layers.{layer}.norm", sizes.Hidden);
            AddBlock(tensors, "mtp.layers.{layer}.mixer", blocks[layer], config, sizes, mamba);
        }
        tensors.Norm("mtp.layers.{layer}.final_layernorm", sizes.Hidden);
    }

    private static ImmutableArray<Block> Blocks(ModelConfig config)
    {
        var blocks =
            Blocks(config, "layers_block_type", "hybrid_override_pattern")
            ?? throw config.Missing("layers_block_type or hybrid_override_pattern", "the kind of every layer");
        var layers = config.OptionalSize("num_hidden_layers") ?? blocks.Length;
        return blocks.Length == layers
            ? blocks
            : throw config.Contradiction(
                "num_hidden_layers",
                $"{layers}",
                $"the {blocks.Length} blocks that are listed"
            );
    }

    /// <summary>Blocks as a list of words or as a string of letters; null when neither is there.</summary>
    private static ImmutableArray<Block>? Blocks(ModelConfig config, string list, string pattern)
    {
        if (config.OptionalTexts(list) is { } types)
        {
            return
            [
                .. types.Select(type =>
                    type switch
                    {
                        "mamba" => Block.Mamba,
                        "attention" => Block.Attention,
                        "mlp" => Block.Mlp,
                        "moe" => Block.Experts,
                        _ => throw config.Contradiction(list, $"\"{type}\"", "mamba, attention, mlp or moe"),
                    }
                ),
            ];
        }
        return config.OptionalText(pattern) is not { } letters
            ? null
            :
            [
                .. letters.Select(letter =>
                    letter switch
                    {
                        'M' => Block.Mamba,
                        '*' => Block.Attention,
                        '-' => Block.Mlp,
                        'E' => Block.Experts,
                        _ => throw config.Contradiction(pattern, $"'{letter}'", "M, *, - or E"),
                    }
                ),
            ];
    }
}
