using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>What one token causes in one forward pass through an architecture, over all its layers.</summary>
public sealed class TrainingWork
{
    private readonly ImmutableArray<AttentionWork> attention;

    private TrainingWork(Architecture architecture)
    {
        Hidden = architecture.HiddenSize;
        Layers = architecture.Layers.Length;
        Vocabulary = architecture.VocabularySize;
        attention =
        [
            .. architecture
                .Layers.SelectMany(Parts)
                .Select(mixer => AttentionWork.Of(mixer, 1))
                .OfType<AttentionWork>(),
        ];
        StateElements = architecture
            .Layers.SelectMany(Parts)
            .Sum(mixer => mixer is Mixer.Linear state ? (double)state.Heads * state.KeySize * state.ValueSize : 0);
        Heads = attention.Length == 0 ? 0 : attention.Max(work => work.QueryHeads);
        AttentionOutputs = architecture.Layers.SelectMany(Parts).Sum(AttentionWidth);
        ExpertLayers = architecture
            .Tensors.Tensors.Where(IsExpert)
            .SelectMany(tensor => tensor.Layers)
            .Distinct()
            .Count();
        ActiveExperts = architecture.Tensors.Tensors.Where(IsExpert).Select(tensor => tensor.ActiveExperts).Max(0);
        ExpertInput = architecture.Tensors.Tensors.FirstOrDefault(IsExpert)?.InputFeatures ?? 0;
        ExpertWidth = architecture
            .Tensors.Tensors.Where(IsExpert)
            .Select(tensor => (double)Math.Min(tensor.InputFeatures, tensor.OutputFeatures))
            .DefaultIfEmpty()
            .Min();
        foreach (var tensor in architecture.Tensors.Tensors.Where(tensor => tensor.Part == ModelPart.Language))
            Add(tensor);
        AddInputs(architecture);
    }

    public static TrainingWork Of(Architecture architecture) => new(architecture);

    public int Hidden { get; }
    public int Layers { get; }
    public int Vocabulary { get; }

    /// <summary>Query heads of the layer that has most.</summary>
    public double Heads { get; }

    /// <summary>Weights of dense matrices in the layers; each is a multiplication and an addition.</summary>
    public double DenseWeights { get; private set; }

    /// <summary>Weights of the experts a token is sent to.</summary>
    public double ExpertWeights { get; private set; }

    /// <summary>Weights of the output embedding.</summary>
    public double HeadWeights => (double)Vocabulary * Hidden;

    public int ExpertLayers { get; }

    public int ActiveExperts { get; }

    /// <summary>Features of what is sent to an expert: the hidden size, or less where experts work on a part of it.</summary>
    public double ExpertInput { get; }

    /// <summary>Least of the inputs and outputs of an expert's matrices.</summary>
    public double ExpertWidth { get; }

    /// <summary>Features copied so that tokens of one expert lie together, and back.</summary>
    public double PermutedFeatures => 2.0 * ExpertInput * ActiveExperts * ExpertLayers;

    /// <summary>Features that matrices of all layers write.</summary>
    public double Outputs { get; private set; }

    /// <summary>Features that attention of all layers writes.</summary>
    public double AttentionOutputs { get; }

    /// <summary>Features that activation functions with a gate write.</summary>
    public double GatedOutputs { get; private set; }

    /// <summary>Features that groups of matrices with one input read, but for what attention wrote, by matrix.</summary>
    public ImmutableArray<(Tensor Matrix, double Features)> Inputs { get; private set; }

    /// <summary>Matrices that are summed over tensor-parallel ranks.</summary>
    public double Reductions { get; private set; }

    /// <summary>Numbers in the states of layers without a cache.</summary>
    private double StateElements { get; }

    /// <summary>Operations of attention per token of a sequence, forward.</summary>
    public double AttentionFlops(double length)
    {
        // Chunked kernels of linear attention: see RecurrenceCost.
        const double PerStateElement = 8;
        var sum = PerStateElement * StateElements;
        foreach (var work in attention)
            sum += work.PrefillFlops * work.MeanAttended(0, length);
        return sum;
    }

    /// <summary>Features kept per token when everything is kept and every matrix needs its input.</summary>
    public double AllFeatures => Outputs + AttentionOutputs + GatedOutputs + Inputs.Sum(input => input.Features);

    private void Add(Tensor tensor)
    {
        if (tensor.Layers.IsEmpty || tensor.Shape.Length < 2)
            return;
        var copies = (double)tensor.Layers.Length;
        switch (tensor.Role)
        {
            case TensorRole.Linear or TensorRole.Router:
                DenseWeights += tensor.ActiveParameters;
                break;
            case TensorRole.Expert:
                ExpertWeights += tensor.ActiveParameters;
                break;
            default:
                return;
        }
        var each = tensor.Role == TensorRole.Expert ? tensor.ActiveExperts : 1;
        Outputs += copies * each * tensor.OutputFeatures;
        if (tensor.Sharding == Sharding.Input)
            Reductions += copies;
        if (tensor.Role != TensorRole.Router && ModuleOf(tensor).Contains("gate", StringComparison.Ordinal))
        {
            // Gate and up in one matrix are twice as wide as what they become.
            var isBoth = ModuleOf(tensor).Contains("up", StringComparison.Ordinal);
            GatedOutputs += copies * each * tensor.OutputFeatures / (isBoth ? 2 : 1);
        }
    }

    /// <summary>Matrices of one group read the same input; the first that sums over ranks reads what attention wrote.</summary>
    private void AddInputs(Architecture architecture)
    {
        var inputs = ImmutableArray.CreateBuilder<(Tensor, double)>();
        var groups = new HashSet<(string, int)>();
        var behindAttention = new HashSet<int>();
        foreach (var tensor in architecture.Tensors.Tensors)
        {
            if (tensor.Part != ModelPart.Language || tensor.Layers.IsEmpty || tensor.Shape.Length < 2)
                continue;
            if (tensor.Role is not (TensorRole.Linear or TensorRole.Expert))
                continue;
            var reads = tensor.Layers.Count(layer => groups.Add((tensor.Group ?? tensor.Name, layer)));
            if (tensor is { Role: TensorRole.Linear, Sharding: Sharding.Input })
                reads -= tensor.Layers.Count(layer =>
                    AttentionWidth(architecture.Layers[layer]) > 0 && behindAttention.Add(layer)
                );
            var each = tensor.Role == TensorRole.Expert ? tensor.ActiveExperts : 1;
            inputs.Add((tensor, (double)Math.Max(0, reads) * each * tensor.InputFeatures));
        }
        Inputs = inputs.ToImmutable();
    }

    private static IEnumerable<Mixer> Parts(Mixer layer) =>
        layer is Mixer.Parallel both ? [both.Softmax, both.Recurrence] : [layer];

    private static double AttentionWidth(Mixer mixer) =>
        mixer switch
        {
            Mixer.Attention softmax => (double)softmax.QueryHeads * softmax.ValueHeadSize,
            Mixer.LatentAttention latent => (double)latent.QueryHeads * latent.ValueHeadSize,
            Mixer.CompressedAttention compressed => (double)compressed.QueryHeads * compressed.HeadSize,
            Mixer.Parallel both => AttentionWidth(both.Softmax),
            _ => 0,
        };

    private static bool IsExpert(Tensor tensor) =>
        tensor is { Part: ModelPart.Language, Role: TensorRole.Expert, Shape.Length: >= 2 };

    private static string ModuleOf(Tensor tensor)
    {
        var parts = tensor.Name.Split('.');
        return parts[^1] is "weight" && parts.Length > 1 ? parts[^2] : parts[^1];
    }
}

file static class Numbers
{
    public static int Max(this IEnumerable<int> values, int least) => values.Append(least).Max();
}
