using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;

namespace Loadline.KernelFit;

/// <summary>
/// How often a measured shape stands for one of a real model: every matrix and every layer of attention of every model
/// of the catalog, whole and over 2, 4 and 8 ranks, votes for the measured shape nearest in logarithms of its sizes.
/// </summary>
internal sealed class ModelShapes
{
    /// <summary>Nothing measured is like a shape whose sizes are further off than this factor together.</summary>
    private const double Furthest = 2;

    private static readonly int[] Ranks = [1, 2, 4, 8];

    private readonly List<Vote> matrices = [];
    private readonly List<Vote> heads = [];

    public ModelShapes(CatalogReader catalog)
    {
        var source = new ModelSource(catalog);
        var builder = new DeploymentBuilder(catalog);
        var accelerator = catalog.Accelerators.Find("nvidia-h200-sxm-141gb");
        foreach (var id in catalog.Models.Ids.Order(StringComparer.Ordinal))
        {
            if (Describable(source, id) is not { } model)
                continue;
            foreach (var ranks in Ranks)
            {
                var built = builder.TryBuild(
                    new DeploymentRequest
                    {
                        Model = model,
                        Accelerator = accelerator,
                        Engine = "vllm",
                        Weights = "bf16",
                        TensorParallel = ranks,
                    },
                    out _
                );
                if (built is null)
                    continue;
                var graph = OperatorGraph.Of(built.Deployment);
                Add(matrices, graph.Where(part => part.Kind == OperatorKind.Matrix).Select(SizesOf));
                Add(heads, graph.Select(part => part.Attention).OfType<AttentionWork>().Select(SizesOf));
            }
        }
    }

    /// <summary>Share of all votes by measured sizes: output and input features.</summary>
    public Dictionary<Sizes, double> MatrixVotes(IReadOnlyCollection<Sizes> measured) => Count(matrices, measured);

    /// <summary>Share of all votes by measured sizes: query heads, groups of heads and operations per pair of tokens.</summary>
    public Dictionary<Sizes, double> HeadVotes(IReadOnlyCollection<Sizes> measured) => Count(heads, measured);

    public static Sizes SizesOf(AttentionWork work) => new(work.QueryHeads, work.KvHeads, work.PrefillFlops);

    private static Sizes SizesOf(Operator matrix) => new(matrix.Output, matrix.Input, 1);

    private static void Add(List<Vote> votes, IEnumerable<Sizes> sizes)
    {
        var distinct = sizes.Distinct().ToList();
        votes.AddRange(distinct.Select(one => new Vote(one, 1.0 / distinct.Count)));
    }

    private static Dictionary<Sizes, double> Count(List<Vote> votes, IReadOnlyCollection<Sizes> measured)
    {
        var counted = new Dictionary<Sizes, double>();
        if (measured.Count == 0)
            return counted;
        foreach (var (sizes, weight) in votes)
        {
            var nearest = measured.MinBy(shape => Distance(shape, sizes));
            if (Distance(nearest, sizes) < Math.Log(Furthest))
                counted[nearest] = counted.GetValueOrDefault(nearest) + weight / votes.Count;
        }
        return counted;
    }

    /// <summary>Null where the catalog has a model of a family nobody described yet.</summary>
    private static Model? Describable(ModelSource source, string id)
    {
        try
        {
            return source.Read(id);
        }
        catch (BadContentException)
        {
            return null;
        }
    }

    private static double Distance(Sizes one, Sizes other) =>
        Math.Abs(Math.Log(one.First / other.First))
        + Math.Abs(Math.Log(one.Second / other.Second))
        + Math.Abs(Math.Log(one.Third / other.Third));

    private readonly record struct Vote(Sizes Sizes, double Weight);
}

/// <summary>Sizes that make a shape; 1 where it has fewer.</summary>
internal readonly record struct Sizes(double First, double Second, double Third);
