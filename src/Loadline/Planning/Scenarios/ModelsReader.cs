using System.Collections.Immutable;

namespace Loadline.Planning;

/// <summary>Reads how capable the model must be.</summary>
internal static class ModelsReader
{
    public static ModelChoice Read(ScenarioNode? node, ReadingNotes notes)
    {
        var preset = notes.Preset;
        var candidates = node?.Texts("candidates");
        if (candidates is { Count: 0 })
            throw node!.Wrong("candidates", "at least one model");
        var capability = ImmutableSortedDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        if (node?.Section("minimumCapability", "scores such as { ifbench: 40 }") is { } scores)
        {
            foreach (var (benchmark, score) in scores.Numbers(0, 1e5))
            {
                if (notes.Catalog.Benchmarks.Get(benchmark) is null)
                    throw scores.Wrong(
                        benchmark,
                        $"a score by a benchmark such as {string.Join(", ", notes.Catalog.Benchmarks.Ids)}"
                    );
                capability[benchmark] = score;
            }
        }
        var variant = node?.Text("variant");
        var loss = node?.Share("maximumQualityLoss", mayBeZero: true);
        var formats = node?.Texts("weightFormats");
        if (formats is { Count: 0 })
            throw node!.Wrong("weightFormats", "at least one format such as fp8, or no such field");
        var commercial = node?.Flag("commercialUse");
        node?.RefuseUnknownFields();

        if (candidates is null)
        {
            notes.Assume($"Candidate models: {string.Join(", ", preset.Models)} ({preset.Name} preset).");
            if (capability.Count == 0)
                notes.Ask(
                    "How capable must the model be, by which benchmark or test of your own? (whoever owns the service)"
                );
        }
        if (commercial is null)
            notes.Assume("Use is commercial: models whose licence forbids that are left out.");
        return new ModelChoice
        {
            Candidates = [.. (candidates ?? preset.Models).Distinct(StringComparer.Ordinal)],
            AreNamed = candidates is not null,
            MinimumCapability = capability.ToImmutable(),
            Variant = variant,
            MaximumQualityLoss = loss,
            WeightFormats = [.. formats ?? []],
            IsCommercial = commercial ?? true,
        };
    }
}
