using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Calibrate;

/// <summary>A constant of training that is fitted, with what it is taken to be before anything is seen.</summary>
/// <param name="Name">Place in the catalog file.</param>
/// <param name="Prior">The same for all hardware and all software of a kind.</param>
/// <param name="Low">Least value that means anything.</param>
/// <param name="High">Largest: a share above what any published kernel attains would be another effect.</param>
/// <param name="With">The constants with another value.</param>
/// <param name="Concerns">Rows that it may move.</param>
internal sealed record TrainingParameter(
    string Name,
    double Prior,
    double Low,
    double High,
    Func<TrainingConstants, double, TrainingConstants> With,
    Func<TrainingRow, bool> Concerns
)
{
    private const double HighestShare = 0.92;

    /// <summary>Matrix products at 16, 8 and 4 bits, before any measurement.</summary>
    private static readonly Dictionary<string, double> MatrixPriors = new()
    {
        ["bf16"] = 0.7,
        ["fp8"] = 0.55,
        ["fp4"] = 0.4,
    };

    private static readonly Dictionary<string, double> AttentionPriors = new() { ["flash1"] = 0.25, ["flash2"] = 0.5 };

    /// <summary>Activations are written over about once where compilers fuse, several times where each operation stands alone.</summary>
    private static double PassesOf(string framework) =>
        framework switch
        {
            "transformers" or "transformers-4.44" or "torchtune" or "deepspeed-zero3" or "litgpt" => 3,
            _ => 1,
        };

    /// <summary>All parameters that some row could move.</summary>
    public static ImmutableArray<TrainingParameter> All(TrainingConstants constants)
    {
        var list = ImmutableArray.CreateBuilder<TrainingParameter>();
        foreach (
            var (generation, hardware) in constants
                .Hardware.Where(pair => pair.Key != "other")
                .OrderBy(pair => pair.Key, StringComparer.Ordinal)
        )
        {
            foreach (var arithmetic in hardware.Matrices.Keys.Order(StringComparer.Ordinal))
                list.Add(
                    new(
                        $"hardware.{generation}.matrices.{arithmetic}",
                        MatrixPriors[arithmetic],
                        0.1,
                        HighestShare,
                        (all, value) =>
                            Hardware(
                                all,
                                generation,
                                item => item with { Matrices = item.Matrices.SetItem(arithmetic, value) }
                            ),
                        row => row.Generation == generation && (arithmetic == "bf16" || row.Arithmetic == arithmetic)
                    )
                );
            foreach (var kernels in hardware.Attention.Keys.Order(StringComparer.Ordinal))
                list.Add(
                    new(
                        $"hardware.{generation}.attention.{kernels}",
                        AttentionPriors[kernels],
                        0.05,
                        HighestShare,
                        (all, value) =>
                            Hardware(
                                all,
                                generation,
                                item => item with { Attention = item.Attention.SetItem(kernels, value) }
                            ),
                        row => row.Generation == generation
                    )
                );
        }
        foreach (var framework in constants.Frameworks.Keys.Order(StringComparer.Ordinal))
        {
            list.Add(
                new(
                    $"frameworks.{framework}.elementwisePasses",
                    PassesOf(framework),
                    0.3,
                    12,
                    (all, value) => Framework(all, framework, item => item with { ElementwisePasses = value }),
                    row => row.Framework == framework
                )
            );
            list.Add(
                new(
                    $"frameworks.{framework}.hostPerLayer",
                    PassesOf(framework) * 300e-6,
                    1e-6,
                    20e-3,
                    (all, value) => Framework(all, framework, item => item with { HostPerLayer = new Duration(value) }),
                    row => row.Framework == framework
                )
            );
        }
        list.Add(
            new(
                "expertHalfWidth",
                1024,
                64,
                8192,
                (all, value) => all with { ExpertHalfWidth = value },
                row => row.HasExperts
            )
        );
        list.Add(
            new(
                "castFactor",
                1.6,
                1,
                4,
                (all, value) => all with { CastFactor = value },
                row => row.Arithmetic != "bf16"
            )
        );
        list.Add(
            new(
                "exposedTensor",
                0.5,
                0.02,
                1,
                (all, value) => all with { ExposedTensor = value },
                row => row.Setup.Parallelism.Tensor > 1
            )
        );
        list.Add(
            new(
                "exposedExpert",
                0.5,
                0.02,
                1,
                (all, value) => all with { ExposedExpert = value },
                row => row.Setup.Parallelism.Expert > 1
            )
        );
        list.Add(
            new(
                "exposedShard",
                0.3,
                0.02,
                1,
                (all, value) => all with { ExposedShard = value },
                row => row.Setup.Parallelism.ZeroStage == 3
            )
        );
        list.Add(
            new(
                "exposedReduction",
                0.3,
                0.02,
                1,
                (all, value) => all with { ExposedReduction = value },
                row => row.Setup.Parallelism is { ZeroStage: < 3, Data: > 1 }
            )
        );
        foreach (var storage in constants.Unpacking.Keys.Order(StringComparer.Ordinal))
            list.Add(
                new(
                    $"unpacking.{storage}",
                    0.25,
                    0.02,
                    1,
                    (all, value) => all with { Unpacking = all.Unpacking.SetItem(storage, value) },
                    row => row.IsQuantized
                )
            );
        return list.ToImmutable();
    }

    private static TrainingConstants Hardware(
        TrainingConstants all,
        string name,
        Func<TrainingHardware, TrainingHardware> change
    ) => all with { Hardware = all.Hardware.SetItem(name, change(all.Hardware[name])) };

    private static TrainingConstants Framework(
        TrainingConstants all,
        string name,
        Func<TrainingFramework, TrainingFramework> change
    ) => all with { Frameworks = all.Frameworks.SetItem(name, change(all.Frameworks[name])) };
}
