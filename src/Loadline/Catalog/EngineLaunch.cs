using System.Collections.Immutable;

namespace Loadline.Catalog;

/// <summary>How an engine is started: what its settings are called, as of one release.</summary>
public sealed record EngineLaunch
{
    /// <summary>In an image: the place of <see cref="Release"/>.</summary>
    public const string ReleaseMark = "{release}";

    /// <summary>Release the names were looked up for, as the project writes it.</summary>
    public required string Release { get; init; }

    /// <summary>First version all names hold for.</summary>
    public required string Since { get; init; }

    /// <summary>First version some of them no longer hold for; null while they do.</summary>
    public string? Until { get; init; }

    /// <summary>Words that start the server; its arguments follow, the model first where it has no flag.</summary>
    public required ImmutableArray<string> Command { get; init; }

    /// <summary>The same in its container images; null where nothing differs.</summary>
    public ImmutableArray<string>? ImageCommand { get; init; }

    /// <summary>Container image by vendor of the accelerator, or for <c>cpu</c>.</summary>
    public required ImmutableDictionary<string, string> Images { get; init; }

    /// <summary>Port it listens on unless told otherwise.</summary>
    public required int Port { get; init; }

    /// <summary>Path that answers with 200 once the model is loaded.</summary>
    public required string HealthPath { get; init; }

    /// <summary>Path of its figures for Prometheus; null when it has none.</summary>
    public string? MetricsPath { get; init; }

    /// <summary>Gauge of the requests it works on; null when it has none.</summary>
    public string? RunningRequestsMetric { get; init; }

    /// <summary>True when it reads GGUF files and no folders of safetensors.</summary>
    public bool ReadsGguf { get; init; }

    /// <summary>True when a model is made known to it by a Modelfile.</summary>
    public bool Modelfile { get; init; }

    /// <summary>True when the context given is shared out among all sequences.</summary>
    public bool ContextCoversAllSequences { get; init; }

    /// <summary>True when its tensor parallel size counts the ranks that the attention has copies on too.</summary>
    public bool TensorParallelCountsDataRanks { get; init; }

    /// <summary>Port written behind the leader's address; null where the address stands alone.</summary>
    public int? LeaderPort { get; init; }

    /// <summary>Arguments that are always given.</summary>
    public ImmutableArray<string> Always
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>Settings given on the command line.</summary>
    public required LaunchNames Flags { get; init; }

    /// <summary>Settings given in the environment.</summary>
    public LaunchNames Environment
    {
        get => field ?? LaunchNames.None;
        init;
    }

    /// <summary>Settings given in the file behind <see cref="LaunchNames.ConfigFile"/>, with dots between levels.</summary>
    public LaunchNames Config
    {
        get => field ?? LaunchNames.None;
        init;
    }

    /// <summary>What it calls our cache formats.</summary>
    public required ImmutableDictionary<string, string> KvFormats { get; init; }

    /// <summary>How it gets at weights of a format; GGUF stands for every GGUF type.</summary>
    public required ImmutableDictionary<string, WeightLaunch> Weights { get; init; }

    /// <summary>How replicas are told to compute only prompts or only answers; null where it is not known.</summary>
    public PoolLaunch? Pools { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }

    /// <summary>Image for accelerators of a vendor, or for processors; null when none is known.</summary>
    public string? ImageFor(Accelerator accelerator) =>
        Images
            .GetValueOrDefault(accelerator.Kind == AcceleratorKind.Cpu ? "cpu" : accelerator.Vendor)
            ?.Replace(ReleaseMark, Release, StringComparison.Ordinal);
}

/// <summary>How weights of a format that is not the published one come about.</summary>
public sealed record WeightLaunch
{
    /// <summary>Value of the quantization setting with which the engine converts while it loads; null when it cannot.</summary>
    public string? Quantization { get; init; }

    /// <summary>What has to be there instead; null when nothing has to.</summary>
    public string? Checkpoint { get; init; }
}
