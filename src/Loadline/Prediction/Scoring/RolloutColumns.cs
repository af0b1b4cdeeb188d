using System.Globalization;
using System.Text.RegularExpressions;
using Loadline.Catalog;
using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>A row of reinforcement learning as a step: training side from its columns, rollouts as vLLM would serve them.</summary>
internal sealed partial class RolloutColumns(CatalogReader catalog)
{
    /// <summary>Prompts of the mathematics that such runs train on; short beside the responses.</summary>
    private const double PromptTokens = 150;

    private readonly DeploymentBuilder builder = new(catalog);

    public RolloutStep Step(CsvRow row, TrainingSetup setup)
    {
        var layout = Degrees().Match(row["parallelism"] ?? "");
        var tensor = layout.Success ? int.Parse(layout.Groups[1].Value, CultureInfo.InvariantCulture) : 1;
        var rollouts = (int)(
            row.WholeNumber("rollouts_per_step") ?? throw row.Wrong("rollouts_per_step", "empty", "a number")
        );
        var mean = row.Number("gen_len_mean") ?? throw row.Wrong("gen_len_mean", "empty", "tokens");
        var lag = (int)(row.WholeNumber("policy_lag") ?? 0);
        // All devices generate and then train on policy; off policy half of them do either.
        var devices = setup.Parallelism.Devices;
        var generating = lag > 0 ? Math.Max(tensor, devices / 2) : devices;
        var split = lag > 0 ? Half(setup.Parallelism) : setup.Parallelism;
        var deployment = builder
            .Build(
                new DeploymentRequest
                {
                    Model = new Model(row.Text("model"), setup.Architecture, null),
                    Accelerator = setup.Accelerator,
                    Engine = "vllm",
                    TensorParallel = tensor,
                }
            )
            .Deployment;
        var costs = new StepCosts(
            new Step(deployment),
            (int)deployment.MaximumStepTokens,
            new RequestShape(PromptTokens, mean)
        );
        var whole = PromptTokens + mean;
        var perRank = Math.Max(1, (double)rollouts / split.Data);
        return RolloutStep.Of(
            new RolloutPlan
            {
                Policy = setup with
                {
                    MeanLength = Math.Min(whole, setup.SequenceLength),
                    Parallelism = split,
                    MicroBatch = 1,
                    Accumulation = (int)Math.Ceiling(perRank),
                },
                Method = AlignmentMethod.Grpo,
                Rollouts = rollouts,
                PromptTokens = PromptTokens,
                Lengths = new LengthTail(mean, Math.Max(mean, setup.SequenceLength)),
                Replicas = Math.Max(1, generating / tensor),
                StepSeconds = costs.Decode,
                PromptSeconds = costs.Marginal(0),
                Lag = lag,
                MostTogether = deployment.Rules.MaximumSequences,
            }
        );
    }

    private static TrainingParallelism Half(TrainingParallelism split)
    {
        var half = split with { Data = Math.Max(1, split.Data / 2) };
        return half with { Expert = Math.Min(half.Expert, half.Devices / half.Pipeline) };
    }

    [GeneratedRegex(@"gen\[TP,PP\]=\[(\d{1,4}),")]
    private static partial Regex Degrees();
}
