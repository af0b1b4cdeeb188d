namespace Loadline.Models;

/// <summary>DeepSeek-V2, V3, R1 and V3.2. arXiv 2405.04434, 2412.19437, 2512.02556.</summary>
internal sealed class DeepSeekFamily : Family
{
    public override string Name => "deepseek";

    public override IReadOnlyList<string> ModelTypes => ["deepseek_v2", "deepseek_v3", "deepseek_v32"];

    public override Architecture Describe(ModelConfig config) => LatentExpertDecoder.Describe(config, config, Name);
}
