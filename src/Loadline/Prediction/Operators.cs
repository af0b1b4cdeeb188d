using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>What an operator does, which picks its equation.</summary>
public enum OperatorKind
{
    Matrix,
    Experts,
    Attention,
    Elementwise,

    /// <summary>The output embedding: a matrix over the sampled rows only.</summary>
    Head,
    AllReduce,
}

/// <summary>One kind of kernel of a step on one rank, repeated over the layers that run it.</summary>
public sealed record Operator(OperatorKind Kind, string Name, int Count)
{
    /// <summary>Output features N of a matrix.</summary>
    public double Output { get; init; }

    /// <summary>Input features K of a matrix.</summary>
    public double Input { get; init; }

    /// <summary>Bytes of weights one run can read; all experts of a layer for <see cref="OperatorKind.Experts"/>.</summary>
    public double WeightBytes { get; init; }

    /// <summary>Name under which the constants of a matrix are looked up.</summary>
    public string Format { get; init; } = "bf16";

    /// <summary>True for the matrices that a recipe converts, which run in its arithmetic.</summary>
    public bool Quantized { get; init; }

    public int Experts { get; init; } = 1;

    public int ActiveExperts { get; init; } = 1;

    /// <summary>Attention heads on the rank.</summary>
    public Mixer.Attention? Attention { get; init; }

    /// <summary>Bytes read and written per token by an elementwise kernel, or sent by an all-reduce.</summary>
    public double BytesPerToken { get; init; }
}

/// <summary>Reads the operators of one rank off the tensors and mixers of an architecture.</summary>
public static class OperatorGraph
{
    private const int BytesPerActivation = 2;

    /// <summary>Fused kernels per layer beside matrices and attention: two norms with residuals, one activation.</summary>
    private const int ElementwisePerLayer = 3;

    /// <summary>Each reads and writes about the residual stream twice.</summary>
    private const int ElementwisePasses = 4;

    public static IReadOnlyList<Operator> Of(Deployment deployment)
    {
        var architecture = deployment.Architecture;
        var ranks = deployment.Parallelism.Tensor;
        var operators = new List<Operator>();
        AddMatrices(deployment, ranks, operators);
        AddExperts(deployment, ranks, operators);
        AddAttention(architecture, ranks, operators);
        operators.Add(
            new Operator(
                OperatorKind.Elementwise,
                "norms and activations",
                ElementwisePerLayer * architecture.Layers.Length
            )
            {
                BytesPerToken = (double)ElementwisePasses * BytesPerActivation * architecture.HiddenSize,
            }
        );
        if (ranks > 1)
            AddAllReduces(architecture, operators);
        return operators;
    }

    /// <summary>Dense matrices: those of one layer with the same input run as one multiplication.</summary>
    private static void AddMatrices(Deployment deployment, int ranks, List<Operator> operators)
    {
        var architecture = deployment.Architecture;
        var groups = new Dictionary<string, List<Tensor>>();
        foreach (var tensor in Language(architecture))
        {
            if (tensor.Role is not (TensorRole.Linear or TensorRole.Router or TensorRole.Head))
                continue;
            var key =
                $"{tensor.Group ?? tensor.Name}|{(tensor.Layers.IsEmpty ? -1 : tensor.Layers[0])}|{tensor.Layers.Length}";
            if (!groups.TryGetValue(key, out var members))
                groups[key] = members = [];
            members.Add(tensor);
        }

        foreach (var members in groups.Values)
        {
            var first = members[0];
            var output = 0.0;
            var bytes = 0.0;
            var input = 0.0;
            foreach (var tensor in members)
            {
                var (rows, columns) = Shards.MatrixOnRank(tensor, architecture, ranks);
                output += rows;
                input = columns;
                bytes +=
                    (double)Shards.SizeOnRank(tensor, deployment.Weights, architecture, ranks).Bytes / tensor.Copies;
            }
            operators.Add(
                new Operator(
                    first.Role == TensorRole.Head ? OperatorKind.Head : OperatorKind.Matrix,
                    first.Group ?? ShortName(first.Name),
                    (int)first.Copies
                )
                {
                    Output = output,
                    Input = input,
                    WeightBytes = bytes,
                    Quantized = first.Role == TensorRole.Linear,
                }
            );
        }
    }

    /// <summary>All expert matrices of a layer are one grouped kernel.</summary>
    private static void AddExperts(Deployment deployment, int ranks, List<Operator> operators)
    {
        var architecture = deployment.Architecture;
        foreach (
            var layers in Language(architecture)
                .Where(tensor => tensor.Role == TensorRole.Expert && tensor.Shape.Length >= 2)
                .GroupBy(tensor => (tensor.Layers.IsEmpty ? -1 : tensor.Layers[0], tensor.Layers.Length))
        )
        {
            var first = layers.First();
            var elements = 0.0;
            var bytes = 0.0;
            foreach (var tensor in layers)
            {
                var (rows, columns) = Shards.MatrixOnRank(tensor, architecture, ranks);
                elements += (double)rows * columns;
                bytes +=
                    (double)Shards.SizeOnRank(tensor, deployment.Weights, architecture, ranks).Bytes
                    / Math.Max(1, tensor.Layers.Length);
            }
            operators.Add(
                new Operator(OperatorKind.Experts, "experts", Math.Max(1, first.Layers.Length))
                {
                    Output = elements,
                    Input = 1,
                    WeightBytes = bytes,
                    Quantized = true,
                    Experts = first.Experts,
                    ActiveExperts = first.ActiveExperts,
                }
            );
        }
    }

    private static void AddAttention(Architecture architecture, int ranks, List<Operator> operators)
    {
        foreach (var kind in architecture.Layers.OfType<Mixer.Attention>().GroupBy(layer => layer))
        {
            var whole = kind.Key;
            operators.Add(
                new Operator(
                    OperatorKind.Attention,
                    whole.Window is { } window ? $"attention, window {window}" : "attention",
                    kind.Count()
                )
                {
                    Attention = whole with
                    {
                        QueryHeads = whole.QueryHeads / ranks,
                        KvHeads = (whole.KvHeads + ranks - 1) / ranks,
                    },
                }
            );
        }
    }

    /// <summary>Every matrix split by its input leaves partial sums, and so does every layer of experts.</summary>
    private static void AddAllReduces(Architecture architecture, List<Operator> operators)
    {
        var count = 0L;
        foreach (var tensor in Language(architecture))
        {
            if (tensor.Role == TensorRole.Linear && tensor.Sharding == Sharding.Input)
                count += tensor.Copies;
        }
        count += operators.Where(item => item.Kind == OperatorKind.Experts).Sum(item => item.Count);
        operators.Add(
            new Operator(OperatorKind.AllReduce, "all-reduce", (int)count)
            {
                BytesPerToken = (double)BytesPerActivation * architecture.HiddenSize,
            }
        );
    }

    private static IEnumerable<Tensor> Language(Architecture architecture) =>
        architecture.Tensors.Tensors.Where(tensor => tensor.Part == ModelPart.Language);

    /// <summary>"model.layers.{layer}.mlp.down_proj.weight" is the down_proj.</summary>
    private static string ShortName(string name)
    {
        var parts = name.Split('.');
        return parts.Length > 1 ? parts[^2] : name;
    }
}
