namespace Loadline.Planning;

/// <summary>Where things lie inside the containers of an export.</summary>
internal static class ContainerPaths
{
    public const string HubCache = "/root/.cache/huggingface";
    public const string Models = "/models";
    public const string GgufFile = "/models/model.gguf";
    public const string Modelfile = "/models/Modelfile";
    public const string Config = "/etc/loadline/config.yaml";

    /// <summary>Shared memory of a container whose processes share a model; vLLM's own example asks for 16 GB.</summary>
    /// <remarks>vllm-project/vllm docs/serving/parallelism_scaling.md.</remarks>
    public const string SharedMemory = "16Gi";

    /// <summary>True when the weights are a file that somebody has to put there.</summary>
    public static bool NeedsGgufFile(EngineStart start) =>
        start.Launch.ReadsGguf && start.Model.Source == WeightSource.ToBeGiven;
}
