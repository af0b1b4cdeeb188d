using Loadline.Catalog;
using Loadline.Models;

namespace Loadline.Planning;

/// <summary>Finds what is wrong with a job before anything is predicted, and says what would work.</summary>
internal static class TrainingJobCheck
{
    private const long MostExamples = 10_000_000_000;
    private const long MostTokens = 10_000_000;

    public static void Check(TrainingJob job)
    {
        InRange("--examples", job.Examples, 1, MostExamples);
        InRange("--tokens-per-example", job.TokensPerExample, 1, MostTokens);
        InRange("--epochs", job.Epochs, 0.001, 10_000);
        InRange("--steps", job.Steps, 1, 1_000_000_000);
        InRange("--micro-batch", job.MicroBatch, 1, 1 << 20);
        InRange("--global-batch", job.GlobalBatch, 1, 1 << 26);
        InRange("--sequence", job.Sequence, 1, MostTokens);
        InRange("--group", job.Group, 2, 4096);
        InRange("--prompt-tokens", job.PromptTokens, 1, MostTokens);
        InRange("--response-tokens", job.ResponseTokens, 1, MostTokens);
        CheckHardware(job);
        CheckModel(job);
        CheckSequence(job);
    }

    private static void CheckHardware(TrainingJob job)
    {
        if (!job.Hardware.Unequal.IsEmpty)
            throw new BadContentException("--on", "", "different devices", "devices that are all the same");
        if (job.TensorParallel < 1 || job.Hardware.Count % job.TensorParallel != 0)
            throw new BadContentException(
                "--tensor-parallel",
                "",
                $"{job.TensorParallel}",
                $"a divisor of the {job.Hardware.Count} devices"
            );
        if (
            job.Learns == "qlora"
            && job.Hardware.Accelerator.Kind is AcceleratorKind.Cpu or AcceleratorKind.TensorProcessor
        )
            throw new BadContentException(
                "--method",
                "",
                $"qlora on {job.Hardware.Accelerator.Name}",
                "lora there, or a GPU: the kernels of 4-bit weights are for those"
            );
        foreach (var layer in job.Model.Architecture.Layers)
        {
            if (layer is Mixer.Attention attention && attention.QueryHeads % job.TensorParallel != 0)
                throw new BadContentException(
                    "--tensor-parallel",
                    "",
                    $"{job.TensorParallel}",
                    $"a divisor of the {attention.QueryHeads} query heads of {job.Model.Id}"
                );
        }
    }

    private static void CheckModel(TrainingJob job)
    {
        if (job.Model.Architecture.StoredFormat is { } stored && job.Learns is "full" or "freeze" or "lora" or "dora")
            throw new BadContentException(
                "--method",
                "",
                $"{job.Learns} of {job.Model.Id}, whose weights are stored in {job.Model.StoredWeights.Name} and have no gradients",
                "qlora, or the model it was made from, in 16 bits"
            );
        if (job.Learns == "qlora" && job.Method == "freeze")
            throw new BadContentException("--adapter", "", "qlora with freeze", "one of the two");
    }

    private static void CheckSequence(TrainingJob job)
    {
        var sequence = TrainingSetups.SequenceOf(job);
        if (job.Model.Architecture.MaximumContext is { } most && sequence > most && job.Sequence is not null)
            throw new BadContentException(
                "--sequence",
                "",
                $"{sequence}",
                $"at most {most}, what {job.Model.Id} reads"
            );
        var needed = job.IsReinforcement ? job.PromptTokens + job.ResponseTokens : job.TokensPerExample;
        if (needed > sequence)
            throw new BadContentException(
                "--sequence",
                "",
                $"{sequence}",
                $"at least the {needed:0} tokens of a mean example, which would be cut off"
            );
    }

    private static void InRange(string option, double? value, double least, double most)
    {
        if (value is { } given && !(given >= least && given <= most))
            throw new BadContentException(option, "", $"{given:0.####}", $"{least:#,0.###} to {most:#,0}");
    }
}
