using System.Collections.Immutable;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>When a device holds most.</summary>
public enum PeakMoment
{
    /// <summary>The forward pass of the last micro batch is done: all activations are there.</summary>
    Backward,

    /// <summary>All gradients are there, the optimizer works.</summary>
    Update,

    /// <summary>The model is being read, before it is sharded.</summary>
    Loading,
}

/// <summary>One kind of memory at the peak.</summary>
/// <param name="Name">What it holds.</param>
/// <param name="Bytes">On the fullest device.</param>
public sealed record TrainingPart(string Name, double Bytes);

/// <summary>Memory of the fullest device while it trains.</summary>
/// <remarks>
/// States: Rajbhandari et al., arXiv 1910.02054. Activations: Korthikanti et al., arXiv 2205.05198, whose rule of what
/// autograd keeps is applied to the matrices of each architecture instead of to GPT-3's. Bytes throughout.
/// </remarks>
public sealed class TrainingMemory
{
    /// <summary>Driver, kernels and libraries of one process: CUDA contexts are 0.3 to 0.6 GB.</summary>
    private const double ContextBytes = 0.5e9;

    /// <summary>Communicators' buffers per doubling of the devices: NCCL takes 0.2 to 1.5 GB in all.</summary>
    private const double CommunicatorBytes = 0.15e9;

    /// <summary>
    /// Workspaces of matrix libraries and the batch. PEFT's runs hold 0.35 GB beyond their weights, gradients and states
    /// whatever the method (huggingface/peft, method_comparison, 63 runs of 2025 and 2026).
    /// </summary>
    private const double WorkspaceBytes = 0.35e9;

    private const string ErrorOfPeak = "memory";
    private const string ErrorOfStates = "allocated";

    private readonly TrainingSetup setup;
    private readonly TrainingStates states;
    private readonly TrainingActivations activations;

    public TrainingMemory(TrainingSetup setup)
    {
        this.setup = setup;
        states = new TrainingStates(setup);
        activations = new TrainingActivations(setup);
        (Moment, Parts) = new[] { PeakMoment.Backward, PeakMoment.Update, PeakMoment.Loading }
            .Select(moment => (moment, Parts: PartsAt(moment)))
            .MaxBy(item => item.Parts.Sum(part => part.Bytes));
    }

    public PeakMoment Moment { get; }

    /// <summary>What the fullest device holds at its peak; they add up to <see cref="ProcessBytes"/>.</summary>
    public ImmutableArray<TrainingPart> Parts { get; }

    /// <summary>Weights, adapters, gradients of what learns and optimizer states: what stays between steps.</summary>
    public Estimate StateBytes => Within(states.Sum + WorkspaceBytes, ErrorOfStates);

    /// <summary>Peak of what is allocated (PyTorch's <c>max_memory_allocated</c>).</summary>
    public Estimate AllocatedBytes => Within(Allocated(Moment), ErrorOfPeak);

    /// <summary>Peak of what the allocator has reserved (<c>max_memory_reserved</c>).</summary>
    public Estimate ReservedBytes => Within(Reserved(Moment), ErrorOfPeak);

    /// <summary>What the process takes of the device.</summary>
    public Estimate ProcessBytes => Within(Parts.Sum(part => part.Bytes), ErrorOfPeak);

    /// <summary>What the device offers less what the process takes; negative where it does not fit.</summary>
    public Estimate FreeBytes
    {
        get
        {
            double capacity = setup.Accelerator.MemoryOnOffer.Bytes;
            var taken = ProcessBytes;
            return new Estimate(capacity - taken.Value, capacity - taken.High, capacity - taken.Low, taken.Evidence);
        }
    }

    public bool Fits => FreeBytes.Value >= 0;

    private double Allocated(PeakMoment moment) =>
        WorkspaceBytes
        + moment switch
        {
            PeakMoment.Backward => states.Resident
                + states.GatheredInBackward
                + states.GradientsInBackward
                + activations.Kept
                + activations.Live
                + activations.Logits,
            PeakMoment.Update => states.Resident + states.GradientsInUpdate + states.UpdateCopy,
            _ => states.Loading,
        };

    private double Reserved(PeakMoment moment) => Allocated(moment) * setup.Framework.ReservedOverAllocated;

    private ImmutableArray<TrainingPart> PartsAt(PeakMoment moment)
    {
        var devices = setup.Parallelism.Devices;
        var communicators = devices > 1 ? CommunicatorBytes * Math.Log2(devices) : 0;
        var fragmentation = Reserved(moment) - Allocated(moment);
        var overhead = new TrainingPart("overhead", WorkspaceBytes + ContextBytes + fragmentation);
        var buffers = new TrainingPart("buffers", communicators + GatheredAt(moment));
        if (moment == PeakMoment.Loading)
            return [new("weights", states.Loading), buffers, overhead];
        var isBackward = moment == PeakMoment.Backward;
        return
        [
            new("weights", states.Weights),
            new("master weights", states.MasterWeights),
            new("optimizer states", states.Moments),
            new("gradients", isBackward ? states.GradientsInBackward : states.GradientsInUpdate),
            new("activations", isBackward ? activations.Kept + activations.Live : 0),
            new("logits", isBackward ? activations.Logits : 0),
            buffers,
            overhead,
        ];
    }

    private double GatheredAt(PeakMoment moment) =>
        moment switch
        {
            PeakMoment.Backward => states.GatheredInBackward,
            PeakMoment.Update => states.UpdateCopy,
            _ => 0,
        };

    private Estimate Within(double bytes, string quantity) =>
        Estimate.WithinFactor(bytes, setup.Constants.Errors[quantity].Factor, Evidence.Modelled);
}
