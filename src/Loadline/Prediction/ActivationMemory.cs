using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Scratch memory of the largest step an engine runs, per device.</summary>
/// <remarks>
/// Layers run one after another and reuse the same buffers, so the peak is the widest layer: the residual stream and
/// its normalized copy, plus input and output of the widest matrix; then the logits of the sampled rows and what sampling
/// makes of them. vLLM's start-up profile logs 0.2 to 1.3 GiB for 8,192 tokens, the same for one device and two.
/// </remarks>
public sealed class ActivationMemory
{
    private const double Spread = 2.0;
    private const int ResidualCopies = 3;
    private const int BytesPerActivation = 2;

    /// <summary>Logits in 16 bit, in 32 bit, and half of the sorted values and indices that top-p sampling needs.</summary>
    private const int BytesPerLogit = 2 + 4 + 6;
    private const int BytesPerSingle = 4;

    private readonly Deployment deployment;
    private readonly double bytesPerToken;

    public ActivationMemory(Deployment deployment)
    {
        this.deployment = deployment;
        bytesPerToken =
            (double)BytesPerActivation
            * (ResidualCopies * deployment.Architecture.HiddenSize + WidestMatrix(deployment));
    }

    /// <summary>Scratch of the largest step the engine would ever run.</summary>
    public static Estimate Of(Deployment deployment) => new ActivationMemory(deployment).For(long.MaxValue);

    /// <summary>The same when there are never more than so many tokens to compute at a time.</summary>
    public Estimate For(long mostTokens)
    {
        var rules = deployment.Rules;
        var tokens = Math.Min(mostTokens, deployment.MaximumStepTokens);
        double vocabulary = deployment.Architecture.VocabularySize;
        // llama.cpp plans its buffers for a micro batch of which every token is sampled; vLLM samples on one rank, which
        // gathers the logits of all.
        var logits =
            deployment.IsMicroBatched ? vocabulary * BytesPerSingle * tokens
            : rules.ProfilesSampling ? vocabulary * BytesPerLogit * Math.Min(rules.MaximumSequences, tokens)
            : 0;
        var bytes = Math.Max(bytesPerToken * tokens, logits);
        return Estimate.WithinFactor(bytes, Spread, Evidence.Modelled);
    }

    /// <summary>Features in and out of the widest group of matrices on one rank, per token.</summary>
    private static double WidestMatrix(Deployment deployment)
    {
        var ranks = deployment.Parallelism.Tensor;
        var widest = 0.0;
        var outputs = new Dictionary<(string, int), double>();
        foreach (var tensor in deployment.Architecture.Tensors.Tensors)
        {
            if (tensor.Role is not (TensorRole.Linear or TensorRole.Expert) || tensor.Part != ModelPart.Language)
                continue;
            var (rows, columns) = Shards.MatrixOnRank(tensor, deployment.Architecture, ranks);
            // Matrices of a group read the same input.
            var group = (tensor.Group ?? tensor.Name, tensor.Layers.IsEmpty ? -1 : tensor.Layers[0]);
            outputs[group] = outputs.GetValueOrDefault(group) + (double)rows * tensor.ActiveExperts;
            widest = Math.Max(widest, outputs[group] + (double)columns * tensor.ActiveExperts);
        }
        return widest;
    }
}
