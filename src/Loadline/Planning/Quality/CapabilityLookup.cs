using System.Collections.Immutable;
using System.Globalization;
using Loadline.Catalog;

namespace Loadline.Planning;

/// <summary>Published scores by model and benchmark. Base models and those tuned from them are apart.</summary>
public sealed class CapabilityLookup
{
    /// <summary>From the one that answers with the fewest tokens.</summary>
    private static readonly string[] Order = ["non-reasoning", "low", "medium", "high", "reasoning"];

    private readonly Dictionary<string, List<ModelCapability>> byModel;
    private readonly Dictionary<string, Benchmark> byName;

    public CapabilityLookup(CatalogReader catalog)
    {
        Benchmarks = [.. catalog.Benchmarks.All.Select(benchmark => benchmark.Id)];
        byName = catalog
            .Benchmarks.All.SelectMany(benchmark =>
                benchmark.Aliases.Prepend(benchmark.Id).Select(name => (Name: Plain(name), benchmark))
            )
            .DistinctBy(pair => pair.Name)
            .ToDictionary(pair => pair.Name, pair => pair.benchmark);
        byModel = catalog
            .Capabilities.All.SelectMany(entry => entry.Models.Select(model => (Key: KeyOf(model), entry)))
            .GroupBy(pair => pair.Key, pair => pair.entry)
            .ToDictionary(group => group.Key, group => group.OrderBy(entry => RankOf(entry.Variant)).ToList());
    }

    /// <summary>Ids of the benchmarks that are known.</summary>
    public IReadOnlyList<string> Benchmarks { get; }

    /// <summary>Every score of every variant, the most frugal variant first; none for a model that was not evaluated.</summary>
    public IReadOnlyList<CapabilityScore> ScoresOf(string modelId) =>
        [
            .. EntriesOf(modelId)
                .SelectMany(entry => Benchmarks.Select(id => ScoreOf(entry, id)).OfType<CapabilityScore>()),
        ];

    /// <param name="modelId">Hugging Face id; a quantized copy counts as the model it was made from.</param>
    /// <param name="minimum">Lowest score by benchmark, <c>mmlu_pro</c> or <c>mmluPro</c>.</param>
    /// <param name="variant">Null for the one without reasoning or with the least effort.</param>
    /// <exception cref="UnknownNameException">A benchmark is not known, or the model has no such variant.</exception>
    public CapabilityVerdict Judge(string modelId, IReadOnlyDictionary<string, double> minimum, string? variant = null)
    {
        var wanted = minimum.Select(pair => (Benchmark: BenchmarkOf(pair.Key).Id, pair.Value)).ToList();
        var entries = EntriesOf(modelId);
        ImmutableArray<string> variants = [.. entries.Select(entry => entry.Variant).OfType<string>()];
        var entry = variant is null
            ? (entries.Count > 0 ? entries[0] : null)
            : entries.Find(one => variant.Equals(one.Variant, StringComparison.OrdinalIgnoreCase));
        if (variant is not null && entry is null && entries.Count > 0)
            throw new UnknownNameException($"variant of {modelId}", variant, variants, ambiguous: false);
        return CapabilityRules.Judge(
            [.. wanted.Select(one => (one.Benchmark, one.Value, entry is null ? null : ScoreOf(entry, one.Benchmark)))],
            entry?.Variant,
            variants
        );
    }

    /// <summary>A benchmark by any spelling of its name.</summary>
    /// <exception cref="UnknownNameException">None is called so.</exception>
    public Benchmark BenchmarkOf(string name) =>
        byName.GetValueOrDefault(Plain(name))
        ?? throw new UnknownNameException("benchmark", name, Benchmarks, ambiguous: false);

    private List<ModelCapability> EntriesOf(string modelId) => byModel.GetValueOrDefault(KeyOf(modelId)) ?? [];

    private CapabilityScore? ScoreOf(ModelCapability entry, string benchmark) =>
        entry.Scores.TryGetValue(benchmark, out var score)
            ? new CapabilityScore
            {
                Benchmark = benchmark,
                Variant = entry.Variant,
                Score = score,
                StandardError = StandardError(score, byName[Plain(benchmark)].Questions),
                EvaluatedAs = entry.Id,
                Source = entry.Source,
                Retrieved = entry.Retrieved,
            }
            : null;

    /// <summary>
    /// Binomial, in percent; one right and one wrong answer more keep it above zero at the ends (Laplace's rule). Asking the
    /// same questions again, as evaluators do, does not make it smaller.
    /// </summary>
    private static double? StandardError(double percent, int? questions)
    {
        if (questions is not { } count)
            return null;
        var share = (percent / 100 * count + 1) / (count + 2);
        return 100 * Math.Sqrt(share * (1 - share) / count);
    }

    /// <summary>Letters and digits alone: <c>mmlu_pro</c>, <c>mmluPro</c> and <c>MMLU-Pro</c> are one.</summary>
    private static string Plain(string name) =>
        string.Concat(name.Where(char.IsLetterOrDigit)).ToLower(CultureInfo.InvariantCulture);

    /// <summary>
    /// The name without organisation and format: formats are told apart by what they lose. Meta's names come with and without
    /// "Meta-".
    /// </summary>
    private static string KeyOf(string modelId)
    {
        const string Prefix = "meta-llama-";
        var name = QuantizedNames.Split(modelId.Trim()[(modelId.Trim().LastIndexOf('/') + 1)..]).Stem;
        return name.StartsWith(Prefix, StringComparison.Ordinal) ? name["meta-".Length..] : name;
    }

    private static int RankOf(string? variant) =>
        variant is null ? -1
        : Array.IndexOf(Order, variant) is >= 0 and var rank ? rank
        : Order.Length;
}
