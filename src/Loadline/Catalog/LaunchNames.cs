using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Loadline.Catalog;

/// <summary>What an engine calls its settings: flags, variables or keys. Null where it has no such setting.</summary>
public sealed record LaunchNames
{
    internal static readonly LaunchNames None = new();

    /// <summary>Model id or path; null where it follows the command without a flag.</summary>
    public string? Model { get; init; }

    /// <summary>Repository and type of a GGUF file on Hugging Face.</summary>
    public string? ModelRepository { get; init; }

    /// <summary>Name that clients ask for.</summary>
    public string? ServedName { get; init; }
    public string? Host { get; init; }
    public string? Port { get; init; }

    /// <summary>Both in one, as <c>host:port</c>.</summary>
    public string? HostAndPort { get; init; }
    public string? TensorParallel { get; init; }
    public string? PipelineParallel { get; init; }
    public string? DataParallel { get; init; }

    /// <summary>Switch for copies of the attention only, with one set of experts.</summary>
    public string? EnableDataParallel { get; init; }

    /// <summary>Groups that experts are dealt to.</summary>
    public string? ExpertParallel { get; init; }

    /// <summary>Switch that deals the experts out to all ranks.</summary>
    public string? EnableExpertParallel { get; init; }

    /// <summary>Longest context of a sequence, in tokens, or of all together.</summary>
    public string? Context { get; init; }
    public string? MaximumSequences { get; init; }
    public string? MaximumBatchedTokens { get; init; }
    public string? MemoryFraction { get; init; }

    /// <summary>Type of the cache, or of its keys.</summary>
    public string? KvCacheFormat { get; init; }

    /// <summary>Type of its values, where it has one of their own.</summary>
    public string? ValueCacheFormat { get; init; }

    /// <summary>Way to convert weights while they are loaded.</summary>
    public string? Quantization { get; init; }
    public string? EnablePrefixCaching { get; init; }
    public string? DisablePrefixCaching { get; init; }

    /// <summary>The same as a setting that is true or false.</summary>
    public string? PrefixCaching { get; init; }

    /// <summary>Switch for figures that Prometheus reads.</summary>
    public string? EnableMetrics { get; init; }

    /// <summary>Attention kernels that a quantized cache needs.</summary>
    public string? FlashAttention { get; init; }

    /// <summary>How long an idle model stays in memory.</summary>
    public string? KeepLoaded { get; init; }

    /// <summary>File with the settings that have no flag.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Machines of one replica.</summary>
    public string? Nodes { get; init; }

    /// <summary>Which of them this is, from 0.</summary>
    public string? NodeRank { get; init; }

    /// <summary>Where number 0 is.</summary>
    public string? LeaderAddress { get; init; }

    /// <summary>Switch for all but number 0, which alone answers requests.</summary>
    public string? WorkerOnly { get; init; }

    /// <summary>Every name there is.</summary>
    [JsonIgnore]
    public ImmutableArray<string> All =>
        [
            .. new[]
            {
                Model,
                ModelRepository,
                ServedName,
                Host,
                Port,
                HostAndPort,
                TensorParallel,
                PipelineParallel,
                DataParallel,
                EnableDataParallel,
                ExpertParallel,
                EnableExpertParallel,
                Context,
                MaximumSequences,
                MaximumBatchedTokens,
                MemoryFraction,
                KvCacheFormat,
                ValueCacheFormat,
                Quantization,
                EnablePrefixCaching,
                DisablePrefixCaching,
                PrefixCaching,
                EnableMetrics,
                FlashAttention,
                KeepLoaded,
                ConfigFile,
                Nodes,
                NodeRank,
                LeaderAddress,
                WorkerOnly,
            }.OfType<string>(),
        ];
}
