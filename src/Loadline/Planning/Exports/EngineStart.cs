using System.Collections.Immutable;
using Loadline.Catalog;

namespace Loadline.Planning;

/// <summary>A setting as an engine wants it.</summary>
/// <param name="Name">Flag, variable or key.</param>
/// <param name="Value">Null for a switch.</param>
/// <param name="Why">What it means here.</param>
internal sealed record LaunchArgument(string Name, string? Value, string Why)
{
    public IEnumerable<string> Words => Value is null ? [Name] : [Name, Value];
}

/// <summary>How one engine is started for a setup.</summary>
internal sealed record EngineStart
{
    private const string AllAddresses = "0.0.0.0";

    public required string EngineId { get; init; }
    public required string EngineName { get; init; }
    public required EngineLaunch Launch { get; init; }
    public required ModelLocation Model { get; init; }

    /// <summary>Arguments other than the model, the address and the machines of a replica.</summary>
    public required ImmutableArray<LaunchArgument> Arguments { get; init; }

    /// <summary>Variables other than the address.</summary>
    public required ImmutableArray<LaunchArgument> Environment { get; init; }

    /// <summary>Settings of its configuration file, with dots between levels.</summary>
    public required ImmutableArray<LaunchArgument> Config { get; init; }

    /// <summary>What it cannot be told, or what else one should know.</summary>
    public required ImmutableArray<string> Notes { get; init; }
    public required string? Image { get; init; }

    public bool CanSpanMachines => Launch.Flags is { Nodes: not null, NodeRank: not null, LeaderAddress: not null };

    public ImmutableArray<string> ImageCommand => Launch.ImageCommand ?? Launch.Command;

    public static EngineStart Of(DeploymentSetup setup, Engine engine, Accelerator accelerator)
    {
        var launch = engine.Launch ?? throw new ArgumentException($"{engine.Id} has no launch", nameof(engine));
        var settings = new LaunchSettings(setup, engine, launch, accelerator);
        return new EngineStart
        {
            EngineId = engine.Id,
            EngineName = engine.Name,
            Launch = launch,
            Model = settings.Model,
            Arguments = settings.Arguments,
            Environment = settings.Environment,
            Config = settings.Config,
            Notes = settings.Notes,
            Image = launch.ImageFor(accelerator),
        };
    }

    /// <summary>True when the engine could stand in for the recommended one: same weights, cache, devices and split.</summary>
    public static bool Fits(DeploymentSetup setup, Engine engine, Accelerator accelerator)
    {
        var split = setup.Parallelism;
        return engine.Launch is { } launch
            && engine.Runs.Contains(accelerator.Kind)
            && (engine.Vendors.IsEmpty || engine.Vendors.Contains(accelerator.Vendor))
            && ModelLocation.Knows(setup.WeightFormat, launch)
            && launch.KvFormats.ContainsKey(setup.KvFormat)
            && (split.Tensor == 1 || engine.TensorParallel)
            && (setup.Pools is null || launch.Pools is not null)
            && (split.Data == 1 || launch.Flags.DataParallel is not null)
            && (ReplicaLayout.Of(setup).MachinesPerReplica == 1 || launch.Flags.Nodes is not null);
    }

    /// <summary>Words that name the model; none where a Modelfile does.</summary>
    public IEnumerable<string> ModelWords(string value)
    {
        if (Launch.Modelfile)
            return [];
        var flag = Model.Source == WeightSource.GgufRepository ? Launch.Flags.ModelRepository : Launch.Flags.Model;
        return flag is null ? [value] : [flag, value];
    }

    /// <summary>Arguments that make it reachable from outside.</summary>
    public IEnumerable<LaunchArgument> AddressArguments(string port)
    {
        if (Launch.Flags.Host is { } host)
            yield return new LaunchArgument(host, AllAddresses, "every address of the machine");
        if (Launch.Flags.Port is { } flag)
            yield return new LaunchArgument(flag, port, "port");
    }

    /// <summary>Variables that do the same.</summary>
    public IEnumerable<LaunchArgument> AddressVariables(string port)
    {
        if (Launch.Environment.HostAndPort is { } variable)
            yield return new LaunchArgument(variable, $"{AllAddresses}:{port}", "every address of the machine");
    }

    /// <summary>Arguments that hand over the configuration file at a path; none where there is no such file.</summary>
    public IEnumerable<LaunchArgument> ConfigArguments(string path)
    {
        if (!Config.IsEmpty && Launch.Flags.ConfigFile is { } flag)
            yield return new LaunchArgument(flag, path, "settings that have no flag");
    }

    /// <summary>Arguments that tell a machine which one of a replica's it is.</summary>
    public IEnumerable<LaunchArgument> SpanArguments(int machines, string rank, string leader)
    {
        var flags = Launch.Flags;
        if (flags is not { Nodes: { } nodes, NodeRank: { } nodeRank, LeaderAddress: { } leaderAddress })
            yield break;
        var address = Launch.LeaderPort is { } port ? $"{leader}:{PlainText.Number(port)}" : leader;
        yield return new LaunchArgument(nodes, PlainText.Number(machines), "machines of one replica");
        yield return new LaunchArgument(nodeRank, rank, "which of them this is, from 0");
        yield return new LaunchArgument(leaderAddress, address, "where number 0 is");
    }
}
