using System.Collections.Frozen;
using System.Text.Json.Nodes;

namespace Loadline.Models;

/// <summary>The values of <c>general.architecture</c> that are translated, one row each.</summary>
internal static class GgufArchitectures
{
    private static readonly FrozenDictionary<string, Func<GgufFields, JsonObject>> All = new Dictionary<
        string,
        Func<GgufFields, JsonObject>
    >
    {
        ["llama"] = fields => fields.Experts > 0 ? fields.Mixtral() : fields.Llama("llama"),
        ["granite"] = fields => fields.Llama("granite"),
        ["minicpm"] = fields => fields.Llama("minicpm"),
        ["seed_oss"] = fields => fields.Llama("seed_oss"),
        ["smollm3"] = fields => fields.Llama("smollm3"),
        ["mistral3"] = fields => fields.Gated("ministral3"),
        ["qwen2"] = fields => fields.Gated("qwen2"),
        ["qwen2vl"] = fields => fields.Gated("qwen2"),
        ["qwen3"] = fields => fields.Gated("qwen3"),
        ["qwen3vl"] = fields => fields.Gated("qwen3"),
        ["gemma"] = fields => fields.Tied("gemma"),
        ["gemma2"] = fields => fields.Tied("gemma2").Windowed(fields, 2),
        ["gemma3"] = fields => fields.Tied("gemma3_text").Windowed(fields, 6),
        ["phi3"] = fields => fields.Gated("phi3").Window(fields),
        ["internlm2"] = fields => fields.Gated("internlm2"),
        ["stablelm"] = fields => fields.StableLm(),
        ["starcoder2"] = fields => fields.StarCoder2(),
        ["command-r"] = fields => fields.Cohere("cohere"),
        ["cohere2"] = fields => fields.Cohere("cohere2").Windowed(fields, 4),
        ["olmo2"] = fields => fields.Olmo(),
        ["phi2"] = fields => fields.Phi2(),

        ["gpt2"] = fields => fields.Gpt2("gpt2"),
        ["starcoder"] = fields => fields.Gpt2("gpt_bigcode"),
        ["gptneox"] = fields => fields.GptNeoX(),
        ["bloom"] = fields => fields.Bloom(),
        ["falcon"] = fields => fields.Falcon(),
        ["mpt"] = fields => fields.Mpt(),
        ["bert"] = fields => fields.Bert(),

        ["qwen2moe"] = fields => fields.Qwen2Moe(),
        ["qwen3moe"] = fields => fields.Qwen3Moe(),
        ["qwen3vlmoe"] = fields => fields.Qwen3Moe(),
        ["olmoe"] = fields => fields.Olmoe(),
        ["phimoe"] = fields => fields.PhiMoe(),
        ["dbrx"] = fields => fields.Dbrx(),
        ["gpt-oss"] = fields => fields.GptOss(),
        ["minimax-m2"] = fields => fields.MiniMaxM2(),
        ["llama4"] = fields => fields.Llama4(),
        ["deepseek"] = fields => fields.DeepSeek(),
        ["glm4moe"] = fields => fields.Glm4Moe(),
        ["deepseek2"] = fields => fields.DeepSeekLatent("deepseek_v3"),
        ["deepseek32"] = fields => fields.DeepSeekLatent("deepseek_v32").WithIndexer(fields),
        ["glm-dsa"] = fields => fields.DeepSeekLatent("glm_moe_dsa").WithIndexer(fields),

        ["mimo2"] = fields => fields.MimoV2(),
        ["step35"] = fields => fields.Step(),

        ["gemma4"] = fields => fields.Gemma4(),
        ["deci"] = fields => fields.NemotronNas(),
        ["qwen3next"] = fields => fields.Qwen3Next(),
        ["qwen35"] = fields => fields.Qwen35("qwen3_5"),
        ["qwen35moe"] = fields => fields.Qwen35("qwen3_5_moe"),
        ["falcon-h1"] = fields => fields.FalconH1(),
        ["lfm2"] = fields => fields.Lfm2(),
        ["mamba2"] = fields => fields.Mamba2(),
        ["nemotron_h"] = fields => fields.NemotronH(),
        ["nemotron_h_moe"] = fields => fields.NemotronH(),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The names, for messages.</summary>
    public static string Known { get; } = $"one of {string.Join(", ", All.Keys.Order(StringComparer.Ordinal))}";

    public static Func<GgufFields, JsonObject>? Find(string architecture) => All.GetValueOrDefault(architecture);
}
