using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>What an operator does, which picks its equation.</summary>
public enum OperatorKind
{
    Matrix,
    Experts,
    Attention,

    /// <summary>Linear attention or a state space, which reads and writes a state instead of a cache.</summary>
    Recurrence,
    Elementwise,

    /// <summary>The output embedding: a matrix over the sampled rows only.</summary>
    Head,
    AllReduce,

    /// <summary>Tokens on their way to the ranks that have their experts, and back.</summary>
    ExpertExchange,

    /// <summary>The residual stream on its way to the device of the next layers.</summary>
    StageTransfer,
}

/// <summary>One kind of kernel of a step on one rank, repeated over the layers that run it.</summary>
public sealed record Operator(OperatorKind Kind, string Name, int Count)
{
    /// <summary>Output features N of a matrix; all elements of one expert for <see cref="OperatorKind.Experts"/>.</summary>
    public double Output { get; init; }

    /// <summary>Input features K of a matrix.</summary>
    public double Input { get; init; }

    /// <summary>Features read and written per row of a matrix.</summary>
    public double RowFeatures { get; init; }

    /// <summary>
    /// Bytes of weights one run can read; all experts of the layer on this rank for <see cref="OperatorKind.Experts"/>.
    /// </summary>
    public double WeightBytes { get; init; }

    /// <summary>A matrix of those it stands for, which says in what format and arithmetic it runs.</summary>
    public Tensor? Weight { get; init; }

    /// <summary>Experts of the layer, on all ranks.</summary>
    public int Experts { get; init; } = 1;

    /// <summary>Groups of ranks that these experts are dealt to.</summary>
    public int ExpertGroups { get; init; } = 1;

    public int ActiveExperts { get; init; } = 1;

    /// <summary>What the heads of the rank do with the cache.</summary>
    public AttentionWork? Attention { get; init; }

    /// <summary>Numbers in the state of one sequence on the rank.</summary>
    public double StateElements { get; init; }

    /// <summary>Bytes read and written per token by an elementwise kernel, or sent to other devices.</summary>
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
        AddExperts(deployment, operators);
        AddMixers(architecture, ranks, operators);
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
            AddAllReduces(deployment, operators);
        if (deployment.Parallelism.Data > 1)
            AddExchanges(architecture, operators);
        if (deployment.Parallelism.Pipeline > 1)
            operators.Add(
                new Operator(OperatorKind.StageTransfer, "to the next device", deployment.Parallelism.Pipeline - 1)
                {
                    BytesPerToken = (double)BytesPerActivation * architecture.HiddenSize,
                }
            );
        return operators;
    }

    /// <summary>Dense matrices: those of one layer with the same input run as one multiplication where the engine fuses.</summary>
    private static void AddMatrices(Deployment deployment, int ranks, List<Operator> operators)
    {
        var architecture = deployment.Architecture;
        var groups = new Dictionary<string, List<Tensor>>();
        foreach (var tensor in Language(architecture))
        {
            if (tensor.Role is not (TensorRole.Linear or TensorRole.Router or TensorRole.Head))
                continue;
            // Matrices stored in different formats cannot run as one.
            var format = KernelLookup.FormatOf(deployment, tensor);
            var group = deployment.FusesMatrices ? tensor.Group ?? tensor.Name : tensor.Name;
            var key = $"{group}|{LayersOf(tensor)}|{format}";
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
                    members.Count > 1 ? first.Group! : ShortName(first.Name),
                    (int)first.Copies
                )
                {
                    Output = output,
                    Input = input,
                    RowFeatures = input + output,
                    WeightBytes = bytes,
                    Weight = first,
                }
            );
        }
    }

    /// <summary>All expert matrices of a layer on a rank are one grouped kernel.</summary>
    private static void AddExperts(Deployment deployment, List<Operator> operators)
    {
        var architecture = deployment.Architecture;
        var parallelism = deployment.Parallelism;
        foreach (
            var layers in Language(architecture)
                .Where(tensor => tensor.Role == TensorRole.Expert && tensor.Shape.Length >= 2)
                .GroupBy(LayersOf)
        )
        {
            var first = layers.First();
            var elements = 0.0;
            var features = 0.0;
            var bytes = 0.0;
            foreach (var tensor in layers)
            {
                var (rows, columns) = Shards.MatrixOnRank(tensor, architecture, parallelism.RanksPerExpert);
                elements += (double)rows * columns;
                features += rows + columns;
                bytes +=
                    (double)Shards.SizeOnRank(tensor, deployment.Weights, architecture, parallelism.ExpertRanks).Bytes
                    / Math.Max(1, tensor.Layers.Length);
            }
            operators.Add(
                new Operator(OperatorKind.Experts, "experts", Math.Max(1, first.Layers.Length))
                {
                    Output = elements,
                    Input = 1,
                    RowFeatures = features,
                    WeightBytes = bytes,
                    Weight = first,
                    Experts = first.Experts,
                    ActiveExperts = first.ActiveExperts,
                    ExpertGroups = parallelism.Expert,
                }
            );
        }
    }

    private static void AddMixers(Architecture architecture, int ranks, List<Operator> operators)
    {
        foreach (var kind in architecture.Layers.SelectMany(Parts).GroupBy(mixer => mixer))
        {
            var count = kind.Count();
            if (AttentionWork.Of(kind.Key, ranks) is { } work)
                operators.Add(new Operator(OperatorKind.Attention, work.Name, count) { Attention = work });
            else if (Shards.MixerOnRank(kind.Key, ranks) is Mixer.Linear recurrence)
                operators.Add(
                    new Operator(OperatorKind.Recurrence, "recurrence", count)
                    {
                        StateElements = (double)recurrence.Heads * recurrence.KeySize * recurrence.ValueSize,
                    }
                );
        }
    }

    private static IEnumerable<Mixer> Parts(Mixer layer) =>
        layer is Mixer.Parallel both ? [both.Softmax, both.Recurrence] : [layer];

    /// <summary>
    /// Every matrix split by its input leaves partial sums, and so does every layer of experts; those of shared experts
    /// are added to those of the routed ones before they travel. Where attention is data parallel, what experts leave is
    /// sent back to the ranks of its tokens instead.
    /// </summary>
    private static void AddAllReduces(Deployment deployment, List<Operator> operators)
    {
        var architecture = deployment.Architecture;
        var count = 0L;
        foreach (var tensor in Language(architecture))
        {
            if (tensor.Role == TensorRole.Linear && tensor.Sharding == Sharding.Input && !IsSharedExpert(tensor))
                count += tensor.Copies;
        }
        if (deployment.Parallelism.Data == 1)
            count += ExpertLayers(operators);
        operators.Add(
            new Operator(OperatorKind.AllReduce, "all-reduce", (int)count)
            {
                BytesPerToken = (double)BytesPerActivation * architecture.HiddenSize,
            }
        );
    }

    /// <summary>To the experts and back, in every layer that has them.</summary>
    private static void AddExchanges(Architecture architecture, List<Operator> operators)
    {
        if (operators.Find(item => item.Kind == OperatorKind.Experts) is not { } experts)
            return;
        operators.Add(
            new Operator(OperatorKind.ExpertExchange, "to the experts and back", ExpertLayers(operators))
            {
                BytesPerToken = (double)BytesPerActivation * architecture.HiddenSize,
                ActiveExperts = experts.ActiveExperts,
                ExpertGroups = experts.ExpertGroups,
            }
        );
    }

    private static int ExpertLayers(List<Operator> operators) =>
        operators.Where(item => item.Kind == OperatorKind.Experts).Sum(item => item.Count);

    private static bool IsSharedExpert(Tensor tensor) => tensor.Name.Contains(".shared_", StringComparison.Ordinal);

    private static IEnumerable<Tensor> Language(Architecture architecture) =>
        architecture.Tensors.Tensors.Where(tensor => tensor.Part == ModelPart.Language);

    private static string LayersOf(Tensor tensor) => string.Join(',', tensor.Layers);

    /// <summary>"model.layers.{layer}.mlp.down_proj.weight" is the down_proj.</summary>
    private static string ShortName(string name)
    {
        var parts = name.Split('.');
        return parts.Length > 1 ? parts[^2] : name;
    }
}
