using Loadline.Prediction;

namespace Loadline.Accuracy;

/// <summary>What a slice is asked for, as fractions of the measured value, shares of figures or factors; null where nothing is.</summary>
internal sealed record Goal
{
    public double? Median { get; init; }
    public double? P90 { get; init; }
    public (double Least, double Most)? Coverage { get; init; }
    public double? HalfWidth { get; init; }
    public double? Refused { get; init; }
}

/// <summary>Figures that belong together, chosen by their conditions, and how close they should be.</summary>
internal sealed record Slice(string Name, Goal Goal, Func<Figure, bool> Has)
{
    /// <summary>The name without what it explains in brackets, and without a word that only makes sense in a list.</summary>
    public string ShortName => Name.Split(" (")[0].Replace("- of", "Time per token of", StringComparison.Ordinal);

    /// <summary>A deployment counts once in a slice, with all of its figures.</summary>
    public SliceScore Score(IEnumerable<Figure> figures) => ScoreOf(Name, figures.Where(Has));

    public static SliceScore ScoreOf(string name, IEnumerable<Figure> figures) =>
        Scoring.Score(name, [.. figures.Select(figure => figure.Scored with { Metric = $"{figure.Quantity}" })]);
}

/// <summary>The slices that have goals, and some beside them that have none.</summary>
internal static class Slices
{
    private const string Nvidia = "NVIDIA";

    private static readonly string[] Coprocessors = ["intel-gaudi", "intel-max", "amd-mi250", "nvidia-gh200"];

    public static IReadOnlyList<Slice> All(IReadOnlyList<Figure> figures)
    {
        var newest = NewestVersions(figures);
        return
        [
            new(
                "Time per token, vLLM, SGLang and TensorRT-LLM on NVIDIA",
                new Goal { Median = 0.09, P90 = 0.3 },
                IsServedOnNvidia
            ),
            new(
                "- of runs that state all their conditions",
                new Goal(),
                figure => IsServedOnNvidia(figure) && figure.Conditions.IsFullyStated
            ),
            new("- of one pool of devices", new Goal(), figure => IsServedOnNvidia(figure) && !IsSplit(figure)),
            new("- of separate prefill and decode", new Goal(), figure => IsServedOnNvidia(figure) && IsSplit(figure)),
            new(
                "- of dense models",
                new Goal { Median = 0.07 },
                figure => IsServedOnNvidia(figure) && figure.Architecture is { HasExperts: false }
            ),
            new(
                "- of dense models and runs that state all their conditions",
                new Goal(),
                figure =>
                    IsServedOnNvidia(figure)
                    && figure is { Architecture.HasExperts: false, Conditions.IsFullyStated: true }
            ),
            new(
                $"- of the newest version of each engine ({string.Join(", ", newest.Select(pair => $"{pair.Key} {pair.Value}"))})",
                new Goal { Median = 0.12 },
                figure =>
                    IsServedOnNvidia(figure)
                    && newest.TryGetValue(figure.EngineName, out var version)
                    && figure.MinorVersion == version
            ),
            new(
                "- where engine and GPU are known and all conditions stated: width of the interval",
                new Goal { HalfWidth = 1.35 },
                figure => IsServedOnNvidia(figure) && figure is { IsKnown: true, Conditions.IsFullyStated: true }
            ),
            new(
                "Throughput offline, TensorRT-LLM and MLPerf",
                new Goal { Median = 0.1 },
                figure =>
                    figure is { Quantity: Quantity.Throughput, Conditions.Scenario: "offline-throughput" }
                    && !figure.Conditions.IsStaticBatch
                    && (figure.EngineName == "tensorrt-llm" || figure.Stated.SourceTable == "mlperf")
            ),
            new(
                "llama.cpp decode, GPUs and Apple",
                new Goal { Median = 0.07 },
                figure => figure is { IsLlamaCpp: true, Quantity: Quantity.TimePerToken } && IsGraphicsOrUnified(figure)
            ),
            new(
                "llama.cpp prefill, GPUs and Apple",
                new Goal { Median = 0.14 },
                figure => figure is { IsLlamaCpp: true, Quantity: Quantity.PromptRate } && IsGraphicsOrUnified(figure)
            ),
            new(
                "Serving on AMD Instinct, all quantities",
                new Goal { Median = 0.2 },
                figure => figure.IsServing && IsNamed(figure, "amd-mi")
            ),
            new(
                "Static batch on Gaudi, Max, MI250 and GH200",
                new Goal { Median = 0.2 },
                figure => figure.Conditions.IsStaticBatch && Coprocessors.Any(name => IsNamed(figure, name))
            ),
            new(
                "TPU, Trainium and Inferentia, all quantities",
                new Goal(),
                figure => figure.IsMadeBy("Google") || figure.IsMadeBy("AWS")
            ),
            new(
                "CPUs, all quantities",
                new Goal { Median = 0.2 },
                figure => figure.Accelerator?.Kind == Catalog.AcceleratorKind.Cpu
            ),
            new(
                "Time to first token, one request",
                new Goal { Median = 0.15 },
                figure => figure is { Quantity: Quantity.FirstToken, IsAlone: true }
            ),
            new("Time to first token under load, closed form", new Goal { Median = 0.28 }, IsFirstTokenUnderLoad),
            new(
                "- of runs that state all their conditions",
                new Goal(),
                figure => IsFirstTokenUnderLoad(figure) && figure.Conditions.IsFullyStated
            ),
            new("- of one pool of devices", new Goal(), figure => IsFirstTokenUnderLoad(figure) && !IsSplit(figure)),
            new(
                "Refused, of known models on known accelerators",
                new Goal { Refused = 0.03 },
                figure => figure is { Architecture: not null, Accelerator: not null }
            ),
        ];
    }

    /// <summary>Intervals of each engine that has figures enough to tell.</summary>
    public static IEnumerable<Slice> Intervals(IReadOnlyList<Figure> figures) =>
        figures
            .Where(figure => figure.Scored.Predicted is not null)
            .GroupBy(figure => figure.EngineName)
            .Where(engine => engine.Count() >= LeastForCoverage)
            .OrderByDescending(engine => engine.Count())
            .Select(engine => new Slice(
                engine.Key,
                new Goal { Coverage = (0.86, 0.94) },
                figure => figure.EngineName == engine.Key
            ));

    /// <summary>With fewer figures a share of 90 % is known to no better than 8 points either way: 1.96 sqrt(0.9 x 0.1 / 50).</summary>
    private const int LeastForCoverage = 50;

    private static bool IsServedOnNvidia(Figure figure) => figure.IsTimePerTokenOfServer && figure.IsMadeBy(Nvidia);

    private static bool IsFirstTokenUnderLoad(Figure figure) =>
        figure is { Quantity: Quantity.FirstToken, IsAlone: false, Conditions.IsStaticBatch: false };

    private static bool IsSplit(Figure figure) => figure.Conditions.Scenario == "server-disagg";

    private static bool IsNamed(Figure figure, string start) =>
        figure.AcceleratorName.StartsWith(start, StringComparison.Ordinal);

    private static bool IsGraphicsOrUnified(Figure figure) =>
        figure.Accelerator?.Kind is Catalog.AcceleratorKind.Gpu or Catalog.AcceleratorKind.UnifiedMemory;

    private static SortedDictionary<string, Version> NewestVersions(IReadOnlyList<Figure> figures) =>
        new(
            figures
                .Where(IsServedOnNvidia)
                .Select(figure => (figure.EngineName, Version: figure.MinorVersion))
                .Where(pair => pair.Version is not null)
                .GroupBy(pair => pair.EngineName)
                .ToDictionary(engine => engine.Key, engine => engine.Max(pair => pair.Version)!),
            StringComparer.Ordinal
        );
}
