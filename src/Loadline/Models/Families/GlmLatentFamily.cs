namespace Loadline.Models;

/// <summary>
/// GLM-4.7-Flash and GLM-5: latent attention, in GLM-5 behind a sparse indexer that 5.2 shares between layers.
/// </summary>
internal sealed class GlmLatentFamily : Family
{
    public override string Name => "glm-latent";

    public override IReadOnlyList<string> ModelTypes => ["glm_moe_dsa", "glm4_moe_lite"];

    /// <summary>The prediction layer of 4.7-Flash stores embedding and head again, that of GLM-5 does not.</summary>
    public override Architecture Describe(ModelConfig config) =>
        LatentExpertDecoder.Describe(config, config, Name, storesCopies: config.ModelType == "glm4_moe_lite");
}
