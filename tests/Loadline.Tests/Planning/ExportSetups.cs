using Loadline.Planning;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Tests.Planning;

/// <summary>Setups that exports are tried on.</summary>
internal static class ExportSetups
{
    /// <summary>8 machines of 8, 4 replicas of 2 on each.</summary>
    public static DeploymentSetup Plain { get; } =
        new()
        {
            Name = "Support assistant",
            Model = "Qwen/Qwen3-32B",
            WeightFormat = "fp8",
            WeightsAsReleased = false,
            WeightBytes = ByteSize.FromGiB(33),
            KvFormat = "fp8",
            Engine = "vllm",
            EngineVersion = "0.22",
            Accelerator = "nvidia-h100-sxm-80gb",
            Vendor = "NVIDIA",
            DevicesPerMachine = 8,
            Machines = 2,
            ReplicasPerMachine = 4,
            SpareReplicas = 1,
            Parallelism = new Parallelism(Tensor: 2),
            ContextTokens = 8192,
            MaximumSequences = 256,
            MaximumBatchedTokens = 8192,
            MemoryFraction = 0.92,
            PrefixCaching = true,
            Way = Way.Rent,
            Provider = "gcp",
            Region = "europe-west4",
            Instance = "a3-highgpu-8g",
            Terms = "on demand",
            RequestsInFlightPerReplica = 48.5,
            PeakRequestsPerSecond = 14,
            CostPerMonthUsd = new Estimate(128_000, 120_000, 136_000, Evidence.Measured),
            CapitalUsd = Estimate.Exact(0),
            PriceAsOf = "2026-08-06",
        };

    /// <summary>One replica over two machines of eight, with experts.</summary>
    public static DeploymentSetup Spanning { get; } =
        Plain with
        {
            Model = "deepseek-ai/DeepSeek-V3",
            WeightFormat = "fp8-block",
            WeightsAsReleased = true,
            WeightBytes = ByteSize.FromGiB(642),
            Machines = 4,
            ReplicasPerMachine = 1,
            SpareReplicas = 0,
            Parallelism = new Parallelism(Tensor: 2, Expert: 16, Data: 8),
        };

    public static DeploymentSetup Gguf { get; } =
        Plain with
        {
            WeightFormat = "Q4_K_M",
            WeightBytes = ByteSize.FromGiB(19),
            KvFormat = "fp16",
            Engine = "llama.cpp",
            EngineVersion = "b7300",
            Accelerator = "nvidia-rtx-4090-24gb",
            DevicesPerMachine = 1,
            Machines = 1,
            ReplicasPerMachine = 1,
            SpareReplicas = 0,
            Parallelism = Parallelism.None,
            MaximumSequences = 4,
            MaximumBatchedTokens = null,
            MemoryFraction = null,
            Way = Way.Own,
            Provider = "own",
            Region = null,
            Instance = null,
            Terms = "there already",
            PowerKilowatts = 0.6,
        };

    /// <summary>On each machine three replicas for prompts and one that decodes.</summary>
    public static DeploymentSetup Apart { get; } = Plain with { Pools = new PoolSplit(3, 1), SpareReplicas = 0 };

    public static DeploymentSetup[] All { get; } =
    [
        Plain,
        Apart,
        Apart with
        {
            Engine = "sglang",
            EngineVersion = "0.5",
        },
        Plain with
        {
            Engine = "sglang",
            EngineVersion = "0.5",
        },
        Plain with
        {
            Engine = "tensorrt-llm",
            EngineVersion = "0",
        },
        Plain with
        {
            WeightsAsReleased = true,
            PrefixCaching = false,
        },
        Plain with
        {
            WeightFormat = "int4",
            KvFormat = "bf16",
            EngineVersion = "0.9",
        },
        Plain with
        {
            WeightFormat = "bf16",
            KvFormat = "bf16",
            Way = Way.Buy,
            PowerKilowatts = 22,
            CapitalUsd = Estimate.Exact(600_000),
        },
        Plain with
        {
            Accelerator = "amd-mi300x-192gb",
            Vendor = "AMD",
            Provider = "crusoe",
        },
        Plain with
        {
            Accelerator = "google-tpu-v6e",
            Vendor = "Google",
            KvFormat = "bf16",
            WeightFormat = "bf16",
            WeightsAsReleased = true,
        },
        Plain with
        {
            Accelerator = "intel-gaudi3-oam-128gb",
            Vendor = "Intel",
            WeightFormat = "bf16",
            KvFormat = "bf16",
        },
        Spanning,
        Spanning with
        {
            Engine = "sglang",
            EngineVersion = "0.5",
        },
        Spanning with
        {
            Engine = "tensorrt-llm",
            EngineVersion = "0",
        },
        Gguf,
        Gguf with
        {
            WeightsAsReleased = true,
            Model = "Qwen/Qwen3-32B-GGUF",
        },
        Gguf with
        {
            Engine = "ollama",
            EngineVersion = "0.15",
            WeightsAsReleased = true,
            Model = "Qwen/Qwen3-32B-GGUF",
        },
        Gguf with
        {
            Engine = "ollama",
            EngineVersion = "0.15",
        },
        Gguf with
        {
            Engine = "llama.cpp-vulkan",
            Accelerator = "amd-rx-7900xtx-24gb",
            Vendor = "AMD",
        },
        Gguf with
        {
            Accelerator = "apple-m4-max",
            Vendor = "Apple",
        },
        Gguf with
        {
            Accelerator = "cpu-epyc-9654",
            Vendor = "AMD",
            Way = Way.Rent,
            Provider = "somewhere",
        },
        Plain with
        {
            Engine = "lmdeploy",
            EngineVersion = "0",
        },
        Plain with
        {
            Terms = "spot",
            Provider = "runpod",
            Region = "global",
        },
    ];
}
