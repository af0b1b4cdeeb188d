namespace Loadline.Models;

/// <summary>GLM-5: latent attention behind a sparse indexer, in 5.2 shared between layers.</summary>
internal sealed class GlmDsaFamily : Family
{
    public override string Name => "glm-dsa";

    public override IReadOnlyList<string> ModelTypes => ["glm_moe_dsa"];

    public override Architecture Describe(ModelConfig config) =>
        LatentExpertDecoder.Describe(config, config, Name, storesCopies: false);
}
