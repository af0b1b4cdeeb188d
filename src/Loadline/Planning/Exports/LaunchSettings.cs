using System.Collections.Immutable;
using Loadline.Catalog;

namespace Loadline.Planning;

/// <summary>Translates a setup into an engine's own names and values.</summary>
internal sealed class LaunchSettings
{
    private readonly DeploymentSetup setup;
    private readonly Engine engine;
    private readonly EngineLaunch launch;
    private readonly ImmutableArray<LaunchArgument>.Builder arguments = ImmutableArray.CreateBuilder<LaunchArgument>();
    private readonly ImmutableArray<LaunchArgument>.Builder environment =
        ImmutableArray.CreateBuilder<LaunchArgument>();
    private readonly ImmutableArray<LaunchArgument>.Builder config = ImmutableArray.CreateBuilder<LaunchArgument>();
    private readonly ImmutableArray<string>.Builder notes = ImmutableArray.CreateBuilder<string>();

    public LaunchSettings(DeploymentSetup setup, Engine engine, EngineLaunch launch, Accelerator accelerator)
    {
        this.setup = setup;
        this.engine = engine;
        this.launch = launch;
        Model = ModelLocation.Of(setup, engine.Id, launch);
        AddModel();
        AddParallelism();
        AddLimits(accelerator);
        AddCache();
        AddVersion();
        Put(names => names.EnableMetrics, null, "figures for Prometheus");
        Put(names => names.KeepLoaded, "-1", "keeps the model in memory when nobody asks");
    }

    public ModelLocation Model { get; }

    public ImmutableArray<LaunchArgument> Arguments => arguments.ToImmutable();

    public ImmutableArray<LaunchArgument> Environment => environment.ToImmutable();

    public ImmutableArray<LaunchArgument> Config => config.ToImmutable();

    public ImmutableArray<string> Notes => notes.ToImmutable();

    private void AddModel()
    {
        if (!launch.Always.IsEmpty)
            arguments.AddRange(Pairs(launch.Always));
        Put(names => names.ServedName, setup.Model, "name that clients ask for");
        if (Model.Quantization is { } quantization)
            Put(
                names => names.Quantization,
                quantization,
                $"converts the weights to {setup.WeightFormat} while loading"
            );
        else if (!setup.WeightsAsReleased && Model.Source == WeightSource.Repository)
            notes.Add(
                $"The published weights are not in {setup.WeightFormat}: check in the log in what the engine loads them."
            );
        if (Model.Needs is { } needs)
            notes.Add($"Needs {needs}.");
    }

    private void AddParallelism()
    {
        var split = setup.Parallelism;
        var tensor = launch.TensorParallelCountsDataRanks ? split.Tensor * split.Data : split.Tensor;
        if (
            tensor > 1
            && !Put(names => names.TensorParallel, PlainText.Number(tensor), "devices that share every matrix")
        )
            notes.Add($"{engine.Name} does not split matrices over {tensor} devices.");
        if (split.Pipeline > 1)
            Put(
                names => names.PipelineParallel,
                PlainText.Number(split.Pipeline),
                "groups of layers, one after the other"
            );
        if (split.Data > 1)
            AddCopies(split.Data);
        if (split.Expert <= 1)
            return;
        if (Put(names => names.ExpertParallel, PlainText.Number(split.Expert), "groups that the experts are dealt to"))
            return;
        if (!Put(names => names.EnableExpertParallel, null, "deals the experts out to all ranks"))
            notes.Add($"{engine.Name} does not deal experts out.");
        else if (split.RanksPerExpert > 1)
            notes.Add(
                $"The plan deals the experts to {split.Expert} groups, the engine to all {split.ExpertRanks} ranks."
            );
    }

    private void AddCopies(int copies)
    {
        var isTold = Put(
            names => names.DataParallel,
            PlainText.Number(copies),
            "copies of the attention, each with requests of its own"
        );
        var isSwitched = Put(
            names => names.EnableDataParallel,
            IsKey() ? "true" : null,
            "copies of the attention only"
        );
        if (!isTold && !isSwitched)
            notes.Add($"{engine.Name} does not keep {copies} copies of the attention.");
        else if (!isTold && setup.Parallelism.Tensor > 1)
            notes.Add($"{engine.Name} keeps a copy of the attention on every device, not {copies} as in the plan.");

        bool IsKey() => launch.Flags.EnableDataParallel is null && launch.Config.EnableDataParallel is not null;
    }

    private void AddLimits(Accelerator accelerator)
    {
        var sequences = setup.MaximumSequences;
        long context = setup.ContextTokens;
        if (launch.ContextCoversAllSequences)
        {
            sequences ??= engine
                .RulesFor(setup.Engine == engine.Id ? setup.EngineVersion : null)
                .On(accelerator)
                .MaximumSequences;
            context *= sequences.Value;
        }
        Put(
            names => names.Context,
            PlainText.Number(context),
            launch.ContextCoversAllSequences
                ? $"{setup.ContextTokens} tokens for each of the sequences"
                : "longest request, prompt and answer, in tokens"
        );
        if (sequences is { } most)
            Put(names => names.MaximumSequences, PlainText.Number(most), "most sequences at a time");
        if (setup.MaximumBatchedTokens is { } tokens)
            Put(names => names.MaximumBatchedTokens, PlainText.Number(tokens), "most tokens in one step");
        if (setup.MemoryFraction is { } fraction)
            Put(names => names.MemoryFraction, PlainText.Number(fraction), "share of the memory it may take");
    }

    private void AddCache()
    {
        if (!launch.KvFormats.TryGetValue(setup.KvFormat, out var format))
        {
            var known = launch.KvFormats.Keys.Order(StringComparer.Ordinal);
            throw new UnknownNameException($"cache format of {engine.Id}", setup.KvFormat, [.. known], false);
        }
        Put(names => names.KvCacheFormat, format, $"type of the cache, {setup.KvFormat} in the plan");
        Put(names => names.ValueCacheFormat, format, "the same for the values");
        if (setup.KvFormat is not ("fp16" or "bf16" or "fp32"))
            Put(names => names.FlashAttention, "1", "a quantized cache needs it");
        if (engine.Fp8CacheWith.Contains(setup.WeightFormat) && setup.KvFormat != "fp8")
            notes.Add(
                $"Checkpoints in {setup.WeightFormat} often ask for an fp8 cache; the plan counts with {setup.KvFormat}."
            );

        if (Put(names => names.PrefixCaching, setup.PrefixCaching ? "true" : "false", "keeps beginnings of prompts"))
            return;
        if (setup.PrefixCaching)
            Put(names => names.EnablePrefixCaching, null, "keeps beginnings of prompts for those that begin alike");
        else
            Put(names => names.DisablePrefixCaching, null, "the plan counts without kept beginnings of prompts");
    }

    private void AddVersion()
    {
        if (setup.Engine != engine.Id)
            return;
        var planned = engine.RulesFor(setup.EngineVersion);
        if (planned.Since != engine.RulesFor(launch.Release).Since)
            notes.Add(
                $"The plan counts with version {setup.EngineVersion}; names and image are those of {launch.Release}."
            );
    }

    /// <summary>Puts a setting where the engine takes it; false when it takes it nowhere.</summary>
    private bool Put(Func<LaunchNames, string?> nameOf, string? value, string why)
    {
        if (nameOf(launch.Flags) is { } flag)
            arguments.Add(new LaunchArgument(flag, value, why));
        else if (nameOf(launch.Environment) is { } variable)
            environment.Add(new LaunchArgument(variable, value ?? "1", why));
        else if (nameOf(launch.Config) is { } key)
            config.Add(new LaunchArgument(key, value ?? "true", why));
        else
            return false;
        return true;
    }

    /// <summary>Words that are always given, a flag with what follows it.</summary>
    private static IEnumerable<LaunchArgument> Pairs(ImmutableArray<string> words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            var hasValue = i + 1 < words.Length && !words[i + 1].StartsWith('-');
            yield return new LaunchArgument(words[i], hasValue ? words[++i] : null, "always");
        }
    }
}
