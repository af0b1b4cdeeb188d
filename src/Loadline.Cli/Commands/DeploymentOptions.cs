using System.CommandLine;
using Loadline.Catalog;
using Loadline.Prediction;

namespace Loadline.Cli.Commands;

/// <summary>The options that say what runs where, the same in every command.</summary>
internal sealed class DeploymentOptions
{
    private readonly Argument<string> model = new("MODEL")
    {
        Description =
            "Catalog id, folder, config.json, .safetensors (or its index), .gguf, or Hugging Face id (org/name, org/name:Q4_K_M)",
    };

    private readonly Option<string> hardware = new("--on")
    {
        Description =
            "Hardware: an accelerator, or a number of them: 2x:nvidia-h100-sxm-80gb; for memory also rtx-4090+rtx-3090",
        HelpName = "HW",
        Required = true,
    };

    private readonly Option<string?> weights = new("--weights")
    {
        Description =
            "Weight format: as-stored (default), fp32 tf32 fp16 bf16 fp8 int8 w8a8 int4 nf4 mxfp4 nvfp4, Q4_K_M, exl2-4.0, mlx-q4, int4-g32 ...",
        HelpName = "F",
    };

    private readonly Option<string?> kvCache = new("--kv-cache")
    {
        Description = "Cache format: the model's own type (default), fp16 bf16 fp8, for llama.cpp also Q8_0 Q4_0 ...",
        HelpName = "F",
    };

    private readonly Option<string?> engine = new("--engine")
    {
        Description =
            "Engine, with a version or without: vllm, vllm@0.19, sglang, tensorrt-llm, llama.cpp, ollama, transformers",
        HelpName = "E[@V]",
    };

    private readonly Option<int?> tensorParallel = new("--tensor-parallel")
    {
        Description = "Devices one replica is spread over (default: what the other splits leave of --on)",
        HelpName = "N",
    };

    public void AddTo(Command command)
    {
        command.Arguments.Add(model);
        command.Options.Add(hardware);
        command.Options.Add(weights);
        command.Options.Add(kvCache);
        command.Options.Add(engine);
        command.Options.Add(tensorParallel);
    }

    public FitQuestion Read(ParseResult parsed, Session session) =>
        new()
        {
            Hardware = HardwareSpec.Parse(parsed.GetRequiredValue(hardware), session.Catalog),
            Model = session.ReadModel(parsed.GetRequiredValue(model)),
            Weights = parsed.GetValue(weights),
            KvCache = parsed.GetValue(kvCache),
            Engine = parsed.GetValue(engine),
            TensorParallel = parsed.GetValue(tensorParallel),
        };
}
