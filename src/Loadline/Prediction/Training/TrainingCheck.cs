using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>Finds what is wrong with a training setup and what would work instead.</summary>
internal static class TrainingCheck
{
    /// <summary>A longer sequence or a larger batch is a mistake.</summary>
    private const long Most = 1L << 40;

    public static BadContentException? WhyNot(TrainingSetup setup) =>
        Sizes(setup) ?? Method(setup) ?? Split(setup.Architecture, setup.Parallelism);

    private static BadContentException? Sizes(TrainingSetup setup)
    {
        if (setup.SequenceLength is < 1 or > Most)
            return new("sequence length", "", $"{setup.SequenceLength}", "at least 1 token");
        if (setup.MicroBatch < 1)
            return new("micro batch", "", $"{setup.MicroBatch}", "at least 1 sequence");
        if (setup.Accumulation < 1)
            return new("accumulation", "", $"{setup.Accumulation}", "at least 1 pass");
        if (setup.MeanLength is { } mean && !(mean >= 1 && mean <= setup.SequenceLength))
            return new("mean length", "", $"{mean}", $"1 to {setup.SequenceLength} tokens, the sequence length");
        return setup.Parallelism.Context > setup.SequenceLength
            ? new("context parallel", "", $"{setup.Parallelism.Context}", $"at most {setup.SequenceLength}, the tokens")
            : null;
    }

    private static BadContentException? Method(TrainingSetup setup)
    {
        var architecture = setup.Architecture;
        if (setup.HasAdapters && setup.StatedTrainable is null)
        {
            var narrowest = Adapters.NarrowestTarget(setup);
            if (setup.Rank < 1 || setup.Rank > narrowest)
                return new(
                    "rank",
                    "",
                    $"{setup.Rank}",
                    $"1 to {narrowest}, the width of the narrowest targeted matrix"
                );
        }
        if (setup.Method is TrainingMethod.Freeze && (setup.TrainedLayers < 1 || setup.TrainedLayers > Layers()))
            return new("trained layers", "", $"{setup.TrainedLayers}", $"1 to {Layers()}");
        if (setup.TrainsAll && setup.FrozenWeights is not null)
            return new(
                "method",
                "",
                $"{setup.Method} of {setup.FrozenWeights.Name} weights, which have no gradients",
                "qlora, or weights of 16 bits"
            );
        if (setup.Method is TrainingMethod.QLora && setup.Parallelism.Tensor > 1)
            return new("tensor parallel", "", $"{setup.Parallelism.Tensor} under qlora", "1, with data parallelism");
        if (
            setup.Accelerator.Peak.Bf16 is null
            && setup.Accelerator.Peak.Fp16 is null
            && setup.Accelerator.Peak.Fp32 is null
        )
            return new("accelerator", "", $"{setup.Accelerator.Name} without a known rate", "one with a 16-bit rate");
        return setup.Accelerator.MemoryBandwidth is null
            ? new("accelerator", "", $"{setup.Accelerator.Name} without a known memory bandwidth", "one that has it")
            : null;

        int Layers() => architecture.Layers.Length;
    }

    private static BadContentException? Split(Architecture architecture, TrainingParallelism split)
    {
        if (
            Math.Min(Math.Min(split.Data, split.Tensor), Math.Min(split.Pipeline, split.Context)) < 1
            || split.Expert < 1
        )
            return new("parallelism", "", $"{split.Data} x {split.Tensor} x {split.Pipeline}", "degrees of at least 1");
        if (split.ZeroStage is < 0 or > 3)
            return new("zero stage", "", $"{split.ZeroStage}", "0, 1, 2 or 3");
        if (split.Pipeline * split.VirtualStages > architecture.Layers.Length)
            return new(
                "pipeline parallel",
                "",
                $"{split.Pipeline} x {split.VirtualStages} stages of {architecture.Layers.Length} layers",
                $"at most {architecture.Layers.Length}"
            );
        if (split.Expert > 1 && !architecture.HasExperts)
            return new("expert parallel", "", $"{split.Expert} of a model without experts", "1");
        if (split.Expert > 1 && split.Devices / split.Pipeline % split.Expert != 0)
            return new(
                "expert parallel",
                "",
                $"{split.Expert}",
                $"a divisor of the {split.Devices / split.Pipeline} ranks of a stage"
            );
        foreach (var layer in architecture.Layers)
        {
            if (layer is Mixer.Attention attention && attention.QueryHeads % split.Tensor != 0)
                return new(
                    "tensor parallel",
                    "",
                    $"{split.Tensor}",
                    $"a divisor of {attention.QueryHeads} query heads"
                );
        }
        return null;
    }
}
