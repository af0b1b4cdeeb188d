using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>What a user says about a deployment; whatever is null takes a default that the answer lists.</summary>
public sealed record DeploymentRequest
{
    public required Model Model { get; init; }
    public required Accelerator Accelerator { get; init; }

    /// <summary>A recipe's name, <c>as-stored</c>, or null for the latter.</summary>
    public string? Weights { get; init; }

    /// <summary>A cache format's name; null for the model's own type.</summary>
    public string? KvCache { get; init; }

    /// <summary>Engine name, with <c>@version</c> or without for the newest; null for the default of the hardware.</summary>
    public string? Engine { get; init; }
    public int TensorParallel { get; init; } = 1;

    /// <summary>
    /// Devices of one replica, over which the model is split the way the engine can: by tensors, or else by layers.
    /// Null leaves it at <see cref="TensorParallel"/>.
    /// </summary>
    public int? Devices { get; init; }

    /// <summary>How the devices are shared out, in full; null lets <see cref="Devices"/> decide.</summary>
    public Parallelism? Parallelism { get; init; }

    /// <summary>
    /// True where the tensor ranks of <see cref="Parallelism"/> are left open: they take what it leaves of
    /// <see cref="Devices"/>, if the engine splits tensors and that number divides.
    /// </summary>
    public bool TensorTakesTheRest { get; init; }

    /// <summary>Longest sequence the engine is told to expect; null for what the model was configured for.</summary>
    public long? Context { get; init; }

    /// <summary>Threads at work where the accelerator is a processor; null for one on every core.</summary>
    public int? Threads { get; init; }

    /// <summary>First layers that stay on the host.</summary>
    public int HostLayers { get; init; }

    /// <summary>All devices where they are not the same accelerator; empty where they are.</summary>
    public ImmutableArray<Accelerator> UnequalDevices { get; init; } = [];

    /// <summary>Share of each device in the layers, in any unit; empty leaves it to the engine.</summary>
    public ImmutableArray<double> TensorSplit { get; init; } = [];

    /// <summary>LoRA adapters held on the devices, and their rank.</summary>
    public int Adapters { get; init; }
    public int AdapterRank { get; init; } = 16;

    /// <summary>Draft model for speculative decoding, in its stored format.</summary>
    public Model? Draft { get; init; }

    /// <summary>Other models whose weights are on the same devices.</summary>
    public ImmutableArray<Model> Beside { get; init; } = [];
}

/// <summary>A deployment with the defaults that went into it.</summary>
public sealed record BuiltDeployment(Deployment Deployment, ImmutableArray<string> Assumptions);

/// <summary>Puts a model, a format, an accelerator and an engine together, and says why if they do not go together.</summary>
public sealed class DeploymentBuilder(CatalogReader catalog)
{
    private const string AsStored = "as-stored";

    /// <exception cref="UnknownNameException">A format or engine is not known.</exception>
    /// <exception cref="BadContentException">The parts are known but cannot be combined.</exception>
    public BuiltDeployment Build(DeploymentRequest request) =>
        TryBuild(request, out var reason)
        ?? throw new BadContentException(request.Model.Id, "", reason!, "a deployment that can exist");

    /// <summary>The deployment, or null and the reason why these parts do not go together.</summary>
    public BuiltDeployment? TryBuild(DeploymentRequest request, out string? reason)
    {
        var assumptions = new List<string>();
        var weights = Weights(request, assumptions);
        var (engine, rules) = Engine(request, weights, assumptions);
        var accelerator = request.Accelerator.OnThreads(request.Threads);
        if (WhyNotOn(engine, accelerator) is { } misfit)
        {
            reason = misfit;
            return null;
        }
        if (!Loads(engine, weights, request))
        {
            reason = $"{engine.Name} does not load {weights.Name} weights";
            return null;
        }
        var cache = KvCache(request, engine, weights, assumptions);
        if (request.KvCache is not null && !engine.KvFormats.Contains(cache.Name, StringComparer.OrdinalIgnoreCase))
        {
            reason = $"{engine.Name} offers {string.Join(", ", engine.KvFormats)} for its cache, not {cache.Name}";
            return null;
        }

        var kernels = catalog.Kernels.For(accelerator, engine, rules);
        var deployment = new Deployment
        {
            Architecture = request.Model.Architecture,
            Weights = weights,
            KvCache = cache,
            Accelerator = accelerator,
            Engine = engine,
            Rules = rules.On(accelerator),
            Kernels = kernels,
            Intervals = new DeploymentIntervals(
                catalog,
                rules.Kernels ?? engine.Id,
                request.Model.Architecture.HasExperts
            ),
            Parallelism = Split(request, engine),
            MaximumModelLength = request.Context,
            HostLayers = request.HostLayers,
            UnequalDevices = request.UnequalDevices,
            TensorSplit = request.TensorSplit,
        };
        deployment = deployment with { Companions = Companion.Of(request, deployment) };
        if (deployment.Parallelism.Pipeline > 1)
            assumptions.Add(
                deployment.KeepsStagesBusy
                    ? $"{engine.Name} splits by layers over {deployment.Parallelism.Pipeline} stages, each with a batch of its own under way."
                    : $"{engine.Name} splits by layers over {deployment.Parallelism.Pipeline} devices, which work one after another."
            );
        assumptions.Add(KernelLookup.Describe(deployment));
        AddArithmetic(deployment, assumptions);
        if (accelerator != request.Accelerator)
            assumptions.Add(
                $"{request.Threads} of {accelerator.Cores} cores compute; memory is read as if all of them did."
            );
        if (deployment.SpansNodes)
            assumptions.Add(
                $"{deployment.Parallelism.ExpertRanks} devices are more than the {accelerator.Link!.Reach} that its link joins: "
                    + $"between nodes a network of {KernelLookup.NetworkPerDevice} for each device is assumed."
            );
        reason = deployment.WhyNotPlaceable();
        return reason is null ? new BuiltDeployment(deployment, [.. assumptions]) : null;
    }

    private static Parallelism Split(DeploymentRequest request, Engine engine)
    {
        if (request.Parallelism is { } asked)
        {
            var isFilled = request.TensorTakesTheRest && engine.TensorParallel;
            return isFilled && request.Devices is { } all && all % asked.Devices == 0
                ? asked with
                {
                    Tensor = asked.Tensor * all / asked.Devices,
                }
                : asked;
        }
        return request.Devices is not { } devices ? new Parallelism(request.TensorParallel)
            : engine.TensorParallel ? new Parallelism(devices)
            : new Parallelism(Pipeline: devices);
    }

    private static WeightFormat Weights(DeploymentRequest request, List<string> assumptions)
    {
        var name = request.Weights ?? AsStored;
        if (DynamicMixes.StandInFor(name) is { } plain)
            assumptions.Add($"{name} is a mix that its name does not fix: {plain} stands in for it.");
        if (!name.Equals(AsStored, StringComparison.OrdinalIgnoreCase))
            return WeightFormats.Find(name, request.Model.Architecture);
        var stored = request.Model.StoredWeights;
        if (request.Weights is null)
            assumptions.Add($"Weights as stored: {stored.Name}.");
        return stored;
    }

    /// <summary>As asked for; or as the checkpoint asks its engine for; or as the model computes.</summary>
    private static BlockFormat KvCache(
        DeploymentRequest request,
        Engine engine,
        WeightFormat weights,
        List<string> assumptions
    )
    {
        if (request.KvCache is { } name)
            return CacheFormats.Find(name);
        var isStored = weights is StoredWeightFormat or StoredFormat;
        var asked =
            isStored ? (request.Model.Architecture.StoredFormat as StoredFormat)?.Cache
            : engine.Fp8CacheWith.Contains(weights.Name, StringComparer.OrdinalIgnoreCase) ? BlockFormats.Fp8
            : null;
        if (asked is not null && engine.KvFormats.Contains(asked.Name, StringComparer.OrdinalIgnoreCase))
        {
            assumptions.Add(
                isStored
                    ? $"Cache in {asked.Name}, as the checkpoint asks for."
                    : $"Cache in {asked.Name}, as {weights.Name} checkpoints made for {engine.Name} ask for."
            );
            return asked;
        }
        var type = request.Model.Architecture.DataType;
        assumptions.Add($"Cache in the model's own type: {type.Name}.");
        return type;
    }

    /// <summary>llama.cpp for GGUF, Apple and CPU; otherwise the newest vLLM rules.</summary>
    private (Engine Engine, EngineRules Rules) Engine(
        DeploymentRequest request,
        WeightFormat weights,
        List<string> assumptions
    )
    {
        if (request.Engine is { } asked)
        {
            var parts = asked.Split('@', 2);
            var named = catalog.Engines.Find(parts[0]);
            return (named, named.RulesFor(parts.Length > 1 ? parts[1] : null));
        }
        var local = weights.IsGguf || request.Accelerator.Kind is AcceleratorKind.UnifiedMemory or AcceleratorKind.Cpu;
        var engine = catalog.Engines.Find(local ? "llama.cpp" : "vllm");
        var rules = engine.RulesFor(null);
        assumptions.Add($"Engine: {engine.Name}, rules since {rules.Since}.");
        return (engine, rules);
    }

    private static string? WhyNotOn(Engine engine, Accelerator accelerator)
    {
        if (!engine.Runs.Contains(accelerator.Kind))
            return $"{engine.Name} does not run on {accelerator.Name}";
        var vendors = engine.Vendors;
        return vendors.IsEmpty || vendors.Contains(accelerator.Vendor, StringComparer.OrdinalIgnoreCase)
            ? null
            : $"{engine.Name} does not support {accelerator.Vendor}";
    }

    private static bool Loads(Engine engine, WeightFormat weights, DeploymentRequest request)
    {
        // What a checkpoint is published in was published for somebody's engine; the recipe's name may be finer than
        // the engine's list.
        if (request.Weights is null || request.Weights.Equals(AsStored, StringComparison.OrdinalIgnoreCase))
            return !weights.IsGguf || engine.WeightFormats.Contains("gguf", StringComparer.OrdinalIgnoreCase);
        return engine.WeightFormats.Contains(weights.LoadedAs, StringComparer.OrdinalIgnoreCase);
    }

    private static void AddArithmetic(Deployment deployment, List<string> assumptions)
    {
        var wanted = deployment.Weights.Arithmetic;
        if (deployment.Arithmetic is { } actual && actual != wanted)
            assumptions.Add(
                $"{deployment.Accelerator.Name} has no {Name(wanted)} units: {deployment.Weights.Name} weights are "
                    + $"multiplied in {Name(actual)}, so they save memory and its traffic but no arithmetic."
            );

        static string Name(Arithmetic arithmetic) => arithmetic.ToString().ToLowerInvariant();
    }
}
