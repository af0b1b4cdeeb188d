using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What a training run takes: the one place where planning asks the prediction of training.</summary>
internal sealed class TrainingForecast(CatalogReader catalog)
{
    /// <summary>Loading, compiling and the first batch: 1 to 15 minutes as logs of runs show them. A norm of ours.</summary>
    private static readonly Estimate StartHours = new(5 / 60.0, 1 / 60.0, 15 / 60.0, Evidence.Assumed);

    private const double SecondsPerHour = 3600;

    private readonly TrainingSetups setups = new(catalog);

    /// <exception cref="BadContentException">The job contradicts itself or the model cannot be trained so.</exception>
    public TrainingOutlook Of(TrainingJob job)
    {
        TrainingJobCheck.Check(job);
        var tried = setups.Of(job);
        foreach (var setup in tried)
            _ = setup.Checked();
        if (job.IsReinforcement)
            return new RolloutForecast(catalog).Of(job, tried);
        var roles = AlignmentRoles.Of(TrainingSetups.TowardsOf(job), tried[0].HasAdapters);
        foreach (var setup in tried)
        {
            if (MemoryOf(setup, roles).Free.Low >= 0)
                return Told(job, setup, roles);
        }
        var last = MemoryOf(tried[^1], roles);
        // What fits only within the interval is said so, and not refused.
        return last.Free.Value >= 0 ? Told(job, tried[^1], roles) : TooLarge(job, tried[^1], roles, last);
    }

    private static (Estimate Peak, Estimate Free) MemoryOf(TrainingSetup setup, IReadOnlyList<TrainingRole> roles)
    {
        var peak = roles.Count == 1 ? new TrainingMemory(setup).ProcessBytes : new RoleMemory(setup, roles).PeakBytes;
        return (peak, FreeOf(setup, peak));
    }

    internal static Estimate FreeOf(TrainingSetup setup, Estimate peak)
    {
        double capacity = setup.Accelerator.MemoryOnOffer.Bytes;
        return new(capacity - peak.Value, capacity - peak.High, capacity - peak.Low, peak.Evidence);
    }

    private static TrainingOutlook Told(TrainingJob job, TrainingSetup setup, IReadOnlyList<TrainingRole> roles)
    {
        var memory = MemoryOf(setup, roles);
        var steps = StepsOf(job, setup);
        var time = new TrainingTime(setup);
        var scoring = AlignmentRoles.ScoringPasses(TrainingSetups.TowardsOf(job));
        var step = time.StepSeconds + time.ForwardSeconds * scoring;
        return new TrainingOutlook
        {
            Fits = true,
            FitsSurely = memory.Free.Low >= 0,
            PerDevice = DevicesOf(job, setup, roles, memory.Peak),
            Hours = step * (steps / SecondsPerHour) + StartHours,
            Trainable = setup.Trainable,
            Run = RunOf(job, setup, steps),
            Assumptions = AssumptionsOf(setup, steps, memory.Free),
        };
    }

    internal static TrainingRun RunOf(TrainingJob job, TrainingSetup setup, long steps) =>
        new()
        {
            Job = job,
            MicroBatch = setup.MicroBatch / AlignmentRoles.SequencesPerExample(TrainingSetups.TowardsOf(job)),
            Accumulation = setup.Accumulation,
            DataParallel = setup.Parallelism.Data,
            IsSharded = setup.Parallelism.ZeroStage == 3,
            Checkpointing = setup.Checkpointing == Checkpointing.Full,
            KeepsStatesIn32Bits = setup is { TrainsAll: true, States: StatePrecision.Fp32 },
            Sequence = setup.SequenceLength,
            Steps = steps,
        };

    internal static ImmutableArray<string> AssumptionsOf(TrainingSetup setup, long steps, Estimate free)
    {
        var said = ImmutableArray.CreateBuilder<string>();
        said.Add(
            $"{setup.Method}: global batch {setup.GlobalBatch} = micro batch {setup.MicroBatch} x accumulation {setup.Accumulation} x data parallel {setup.Parallelism.Data}, sequences of {setup.SequenceLength} tokens, {Figures.Exact(steps)} steps, {(setup.Checkpointing == Checkpointing.Full ? "activations recomputed" : "activations kept")}{(setup.Parallelism.ZeroStage == 3 ? ", weights and states sharded (FSDP)" : "")}."
        );
        if (setup is { TrainsAll: true })
            said.Add(
                setup.States == StatePrecision.Fp32
                    ? "Weights, gradients and moments in 32 bits, products in bf16: 16 bytes per parameter, shared out over the devices."
                    : "Weights, gradients and moments all in 16 bits, as 32 do not fit: 8 bytes per parameter; rounding may cost quality."
            );
        if (free.Low < 0)
            said.Add(
                $"It fits at the expected peak, not at the upper end of its interval: {new ByteSize((long)-free.Low)} may be missing."
            );
        said.Add(
            "Evaluation during the run and writing of checkpoints are not counted; 5 (1-15) minutes of start are."
        );
        return said.ToImmutable();
    }

    private static ImmutableArray<TrainingDevice> DevicesOf(
        TrainingJob job,
        TrainingSetup setup,
        IReadOnlyList<TrainingRole> roles,
        Estimate peak
    )
    {
        var memory = new TrainingMemory(setup);
        var parts = memory.Parts.Select(part => new TrainingShare(part.Name, part.Bytes));
        if (roles.Count > 1)
            parts = parts.Concat(
                new RoleMemory(setup, roles)
                    .Roles.Where(role => role.Role != TrainingRole.Policy && role.Bytes > 0)
                    .Select(role => new TrainingShare(TrainingSetups.NameOf(role.Role), role.Bytes))
            );
        return Devices(job, setup, memory.StateBytes, peak, [.. parts.Where(part => part.Bytes > 0)]);
    }

    /// <summary>The same on every device.</summary>
    internal static ImmutableArray<TrainingDevice> Devices(
        TrainingJob job,
        TrainingSetup setup,
        Estimate states,
        Estimate peak,
        ImmutableArray<TrainingShare> parts
    )
    {
        var free = FreeOf(setup, peak);
        return
        [
            .. Enumerable
                .Range(0, job.Hardware.Count)
                .Select(index => new TrainingDevice
                {
                    Device = $"{setup.Accelerator.Id}#{index}",
                    CapacityBytes = setup.Accelerator.MemoryOnOffer.Bytes,
                    StateBytes = states,
                    PeakBytes = peak,
                    FreeBytes = free,
                    Parts = parts,
                }),
        ];
    }

    /// <summary>As asked, or all examples as often as asked; packed ones fill their sequences.</summary>
    internal static long StepsOf(TrainingJob job, TrainingSetup setup)
    {
        if (job.Steps is { } asked)
            return asked;
        var sequences =
            AlignmentRoles.SequencesPerExample(TrainingSetups.TowardsOf(job)) * (double)job.Examples * job.Epochs;
        if (setup.Packing)
            sequences = sequences * job.TokensPerExample / setup.SequenceLength;
        return Math.Max(1, (long)Math.Ceiling(sequences / setup.GlobalBatch - 1e-9));
    }

    private TrainingOutlook TooLarge(
        TrainingJob job,
        TrainingSetup setup,
        IReadOnlyList<TrainingRole> roles,
        (Estimate Peak, Estimate Free) memory
    )
    {
        var largest = new TrainingMemory(setup).Parts.MaxBy(part => part.Bytes)!;
        var nearest = NearestOf(job);
        return new TrainingOutlook
        {
            Fits = false,
            Trainable = setup.Trainable,
            PerDevice = DevicesOf(job, setup, roles, memory.Peak),
            Reason =
                $"{job.Method} of {job.Model.Id} takes {new ByteSize((long)memory.Peak.Value)} on each of {job.Hardware}, {new ByteSize((long)-memory.Free.Value)} more than there is; the largest part is {largest.Name}"
                + (nearest is null ? "" : $"; {nearest} fits"),
        };
    }

    /// <summary>The least change under which it fits: an adapter, quantized weights, or more devices.</summary>
    internal string? NearestOf(TrainingJob job)
    {
        string[] narrower = job.Learns switch
        {
            "full" or "freeze" => ["lora", "qlora"],
            "lora" or "dora" => ["qlora"],
            _ => [],
        };
        foreach (var adapter in narrower)
        {
            var changed = job.Method is "lora" or "dora" or "qlora" or "freeze" or "full" or "sft"
                ? job with
                {
                    Method = adapter,
                    Adapter = null,
                }
                : job with
                {
                    Adapter = adapter,
                };
            if (!job.IsReinforcement && Fits(changed))
                return changed.Adapter is null ? adapter : $"{job.Method} of {adapter} adapters";
        }
        for (var count = job.Hardware.Count * 2; count <= 1024; count *= 2)
        {
            var more = new HardwareSpec(job.Hardware.Accelerator, count);
            if (Fits(job with { Hardware = more, GlobalBatch = null }))
                return more.ToString();
        }
        return null;
    }

    private bool Fits(TrainingJob job)
    {
        try
        {
            if (job.IsReinforcement)
                return new RolloutForecast(catalog).Fits(job, setups.Of(job));
            var tried = setups.Of(job);
            var roles = AlignmentRoles.Of(TrainingSetups.TowardsOf(job), tried[0].HasAdapters);
            return tried.Any(setup => MemoryOf(setup.Checked(), roles).Free.Value >= 0);
        }
        catch (BadContentException)
        {
            // What cannot be combined is no way out.
            return false;
        }
    }
}

/// <summary>Whether a run fits, on what, and how long it takes.</summary>
internal sealed record TrainingOutlook
{
    public required bool Fits { get; init; }

    /// <summary>It fits at the upper end of the interval too.</summary>
    public bool FitsSurely { get; init; }

    /// <summary>Why it does not, and what is nearest; null when it does.</summary>
    public string? Reason { get; init; }
    public ImmutableArray<TrainingDevice> PerDevice { get; init; } = [];
    public Estimate? Hours { get; init; }
    public long? Trainable { get; init; }

    /// <summary>Everything chosen; null where it does not fit.</summary>
    public TrainingRun? Run { get; init; }
    public ImmutableArray<string> Assumptions { get; init; } = [];
}
