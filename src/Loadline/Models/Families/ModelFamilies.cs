using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>The families Loadline knows, in one place.</summary>
public static class ModelFamilies
{
    public static readonly ImmutableArray<Family> All =
    [
        new BertFamily(),
        new BloomFamily(),
        new CohereFamily(),
        new DbrxFamily(),
        new DeepSeekFamily(),
        new DeepSeekMoeFamily(),
        new DeepSeekV4Family(),
        new FalconFamily(),
        new FalconH1Family(),
        new Gemma2Family(),
        new Gemma3Family(),
        new Gemma4Family(),
        new GemmaFamily(),
        new Glm4MoeFamily(),
        new GlmLatentFamily(),
        new Gpt2Family(),
        new GptBigCodeFamily(),
        new GptJFamily(),
        new GptNeoXFamily(),
        new GptOssFamily(),
        new HunyuanMoeFamily(),
        new InternLm2Family(),
        new KimiK2Family(),
        new KimiK3Family(),
        new Lfm2Family(),
        new Llama4Family(),
        new LlamaFamily(),
        new Mamba2Family(),
        new MimoFamily(),
        new MimoV2Family(),
        new MiniMaxM2Family(),
        new MiniMaxM3Family(),
        new MinistralFamily(),
        new MistralFamily(),
        new MixtralFamily(),
        new MptFamily(),
        new NemotronHFamily(),
        new NemotronNasFamily(),
        new OlmoFamily(),
        new OlmoeFamily(),
        new OptFamily(),
        new Phi3Family(),
        new PhiFamily(),
        new PhiMoeFamily(),
        new Qwen2Family(),
        new Qwen2MoeFamily(),
        new Qwen2VisionFamily(),
        new Qwen3Family(),
        new Qwen3MoeFamily(),
        new QwenHybridFamily(),
        new Rwkv5Family(),
        new StableLmFamily(),
        new StarCoder2Family(),
        new StepFamily(),
    ];

    private static readonly FrozenDictionary<string, Family> ByModelType = All.SelectMany(family =>
            family.ModelTypes.Select(type => (Type: type, Family: family))
        )
        .ToFrozenDictionary(pair => pair.Type, pair => pair.Family, StringComparer.Ordinal);

    /// <param name="config">What config.json says.</param>
    /// <param name="quantization">
    /// What hf_quant_config.json beside it says under <c>quantization</c>; counts only where config.json is silent.
    /// </param>
    /// <exception cref="BadContentException">The family is unknown, or the configuration is not sound.</exception>
    public static Architecture Describe(ModelConfig config, ModelConfig? quantization = null) =>
        Describe(config, architecture => WithStoredFormat(architecture, config, quantization));

    /// <summary>The same with plain weights, whatever the file says of its quantization.</summary>
    internal static Architecture DescribePlain(ModelConfig config) => Describe(config, architecture => architecture);

    private static Architecture Describe(ModelConfig config, Func<Architecture, Architecture> store)
    {
        var type = config.ModelType;
        if (!ByModelType.TryGetValue(type, out var family))
        {
            var known = string.Join(", ", ByModelType.Keys.Order(StringComparer.Ordinal));
            throw config.Contradiction("model_type", $"unknown family \"{type}\"", $"one of {known}");
        }
        try
        {
            var architecture = store(family.Describe(config));
            ProveSummable(architecture);
            return architecture;
        }
        catch (OverflowException)
        {
            throw new BadContentException(
                config.File,
                "$",
                "sizes whose product exceeds 2^63",
                "a model that can exist"
            );
        }
    }

    /// <summary>Overflows here rather than in whoever adds up parameters or bytes later.</summary>
    private static void ProveSummable(Architecture architecture)
    {
        const long WidestElement = 8;
        var bytes = 0L;
        foreach (var tensor in architecture.Tensors.Tensors)
            bytes += tensor.Count * tensor.Copies * WidestElement;
        _ = architecture.Cache.PerToken(BlockFormats.Fp64);
    }

    private static Architecture WithStoredFormat(
        Architecture architecture,
        ModelConfig config,
        ModelConfig? quantization
    )
    {
        if (architecture.StoredFormat is not null)
            return architecture;
        var format = StoredFormatReader.Read(config, architecture.DataType);
        if (format is null && quantization is not null)
            format = StoredFormatReader.ReadModelOpt(quantization, architecture.DataType);
        return format is null
            ? architecture
            : architecture with
            {
                StoredFormat = format,
                Tensors = format.Split(architecture.Tensors),
            };
    }
}
