namespace Loadline.Accuracy;

/// <summary>Engines that pictures tell apart, each with the same colour and shape everywhere.</summary>
internal sealed record EngineSeries(string Name, string Style, MarkShape Shape)
{
    private static readonly EngineSeries Others = new("others", "s4", MarkShape.Cross);

    private static readonly EngineSeries LlamaCpp = new("llama.cpp", "s3", MarkShape.Diamond);

    private static readonly Dictionary<string, EngineSeries> Named = new(StringComparer.Ordinal)
    {
        ["vllm"] = new("vLLM", "s0", MarkShape.Dot),
        ["sglang"] = new("SGLang", "s1", MarkShape.Square),
        ["tensorrt-llm"] = new("TensorRT-LLM", "s2", MarkShape.Triangle),
    };

    public static IEnumerable<EngineSeries> All => [.. Named.Values, LlamaCpp, Others];

    public static EngineSeries Of(string engine) =>
        engine.StartsWith("llama.cpp", StringComparison.Ordinal) ? LlamaCpp : Named.GetValueOrDefault(engine, Others);
}
