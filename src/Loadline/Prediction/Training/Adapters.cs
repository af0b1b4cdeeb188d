using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>Which matrices adapters stand beside, and how many parameters they come to.</summary>
public static class Adapters
{
    public const string AllLinear = "all-linear";

    private const string Attention = "attention";
    private const string Mlp = "mlp";

    /// <summary>Parts of names by which checkpoints call what belongs to attention.</summary>
    private static readonly string[] AttentionNames = ["attn", "attention", "mixer"];

    /// <summary>Matrices of layers that the targets name.</summary>
    /// <exception cref="BadContentException">A target names none.</exception>
    public static ImmutableArray<Tensor> Targeted(Architecture architecture, IEnumerable<string> targets)
    {
        var matrices = architecture
            .Tensors.Tensors.Where(tensor =>
                tensor is { Part: ModelPart.Language, Role: TensorRole.Linear or TensorRole.Expert, Layers.Length: > 0 }
            )
            .ToList();
        var found = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
        foreach (var target in targets)
        {
            var named = matrices.Where(tensor => IsNamed(tensor, target)).ToList();
            if (named.Count == 0)
                throw new BadContentException(
                    "target modules",
                    "",
                    $"\"{target}\"",
                    $"{AllLinear}, {Attention}, {Mlp} or some of {string.Join(", ", matrices.Select(ModuleOf).Distinct(StringComparer.Ordinal))}"
                );
            found.UnionWith(named);
        }
        return [.. matrices.Where(found.Contains)];
    }

    /// <summary>Parameters of adapters: rank x (inputs + outputs) per matrix; DoRA learns the length of each output too.</summary>
    public static long Parameters(TrainingSetup setup) =>
        Targeted(setup.Architecture, setup.Targets)
            .Sum(tensor =>
                CopiesOf(tensor)
                * (
                    setup.Rank * (tensor.InputFeatures + tensor.OutputFeatures)
                    + (setup.Method is TrainingMethod.Dora ? tensor.OutputFeatures : 0)
                )
            );

    /// <summary>Least of the inputs and outputs of the targeted matrices: no rank is higher.</summary>
    public static long NarrowestTarget(TrainingSetup setup) =>
        Targeted(setup.Architecture, setup.Targets)
            .Min(tensor => Math.Min(tensor.InputFeatures, tensor.OutputFeatures));

    /// <summary>Parameters of the last layers.</summary>
    internal static long LastLayers(TrainingSetup setup)
    {
        var first = setup.Architecture.Layers.Length - setup.TrainedLayers;
        return setup
            .Architecture.Tensors.Tensors.Where(tensor => tensor.Part == ModelPart.Language && !tensor.Layers.IsEmpty)
            .Sum(tensor => tensor.Parameters / tensor.Layers.Length * tensor.Layers.Count(layer => layer >= first));
    }

    /// <summary>"model.layers.{layer}.mlp.down_proj.weight" is the down_proj.</summary>
    private static string ModuleOf(Tensor tensor)
    {
        var parts = tensor.Name.Split('.');
        return parts[^1] is "weight" && parts.Length > 1 ? parts[^2] : parts[^1];
    }

    private static long CopiesOf(Tensor tensor) => Math.Max(1, tensor.Layers.Length) * (long)tensor.Experts;

    private static bool IsNamed(Tensor tensor, string target) =>
        target switch
        {
            AllLinear => tensor.Role == TensorRole.Linear || tensor.Role == TensorRole.Expert,
            Attention => IsOfAttention(tensor),
            Mlp => !IsOfAttention(tensor),
            _ => string.Equals(ModuleOf(tensor), target, StringComparison.Ordinal),
        };

    private static bool IsOfAttention(Tensor tensor) =>
        AttentionNames.Any(name => tensor.Name.Contains(name, StringComparison.Ordinal));
}
