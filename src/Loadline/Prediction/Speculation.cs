using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>
/// Speculative decoding with a chain of drafts: a cheap model proposes tokens one after another, one step of the model
/// verifies all of them and keeps those up to the first it would not have chosen, and one of its own.
/// </summary>
/// <remarks>
/// With every draft accepted at probability a if those before it were, a step of g drafts yields
/// (1 - a^(g + 1)) / (1 - a) tokens. Leviathan, Kalman and Matias, "Fast Inference from Transformers via Speculative
/// Decoding", ICML 2023, equation 1.
/// </remarks>
public sealed class Speculation
{
    private readonly Step draft;

    /// <param name="draftTokens">Tokens drafted for each step.</param>
    /// <param name="acceptance">Probability that a draft is accepted when those before it were, 0 to 1.</param>
    /// <param name="draft">Steps of what drafts.</param>
    public Speculation(int draftTokens, double acceptance, Step draft)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(draftTokens);
        ArgumentOutOfRangeException.ThrowIfNegative(acceptance);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(acceptance, 1);
        DraftTokens = draftTokens;
        Acceptance = acceptance;
        this.draft = draft;
    }

    public int DraftTokens { get; }

    public double Acceptance { get; }

    /// <summary>Tokens that a step yields for each sequence, its own included.</summary>
    public double TokensPerStep
    {
        get
        {
            var sum = 0.0;
            var power = 1.0;
            for (var token = 0; token <= DraftTokens; token++)
            {
                sum += power;
                power *= Acceptance;
            }
            return sum;
        }
    }

    /// <summary>Seconds to draft for so many sequences, one token after another.</summary>
    public double DraftSeconds(double sequences, double context) =>
        DraftTokens * draft.TimeOf(StepShape.Decode(sequences, context)).Seconds;

    /// <summary>
    /// Steps of the model's own multi-token-prediction layer, with the head they share; null when it has none. They run
    /// inside the engine's step, so they add no overhead of their own.
    /// </summary>
    public static Step? OwnDraft(Deployment deployment)
    {
        var architecture = deployment.Architecture;
        var layer = architecture
            .Tensors.Tensors.Where(tensor => tensor.Part == ModelPart.Mtp)
            .Select(tensor => tensor with { Part = ModelPart.Language, Layers = tensor.Layers.IsEmpty ? [] : [0] })
            .ToList();
        if (layer.Count == 0)
            return null;
        var head = architecture.Tensors.Tensors.Where(tensor =>
            tensor is { Part: ModelPart.Language, Role: TensorRole.Head }
        );
        return new Step(
            WithoutOverhead(
                deployment with
                {
                    Architecture = architecture with
                    {
                        Layers = [architecture.Layers[^1]],
                        Tensors = new TensorInventory([.. layer, .. head]),
                    },
                }
            )
        );
    }

    /// <summary>Steps of another model on the same devices, split like the model it drafts for.</summary>
    public static Step DraftOf(Deployment deployment, Model draft) =>
        new(
            WithoutOverhead(
                deployment with
                {
                    Architecture = draft.Architecture,
                    Weights = draft.StoredWeights,
                    KvCache = draft.Architecture.DataType,
                }
            )
        );

    private static Deployment WithoutOverhead(Deployment deployment) =>
        deployment with
        {
            Parallelism = deployment.Parallelism with { Pipeline = 1 },
            Rules = deployment.Rules with { StepOverhead = default, SequenceOverhead = default },
        };
}
