using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>The same question put to one version of an engine.</summary>
public sealed record EngineLine
{
    /// <summary>Engine and the first version of its rules.</summary>
    public required string Engine { get; init; }
    public required bool Fits { get; init; }

    /// <summary>Why it does not fit or cannot run there.</summary>
    public string? Reason { get; init; }
    public long? WeightsBytes { get; init; }
    public long? CacheBytes { get; init; }
    public Estimate? ActivationBytes { get; init; }
    public Estimate? OverheadBytes { get; init; }
    public Estimate? CacheTokens { get; init; }
    public Estimate? MaximumConcurrency { get; init; }

    /// <summary>Where the rules of this version stand.</summary>
    public required string Source { get; init; }
}

/// <summary>Puts one memory question to every engine and every version whose rules differ.</summary>
public sealed class EngineComparison(CatalogReader catalog)
{
    private readonly FitCheck fits = new(catalog);

    public ImmutableArray<EngineLine> Of(FitQuestion question) =>
        [.. catalog.Engines.All.SelectMany(engine => engine.Rules.Select(rules => LineOf(question, engine, rules)))];

    private EngineLine LineOf(FitQuestion question, Engine engine, EngineRules rules)
    {
        var name = $"{engine.Id}@{rules.Since}";
        try
        {
            var answer = fits.Ask(question with { Engine = name });
            var device = answer.PerDevice[0];
            return new EngineLine
            {
                Engine = name,
                Fits = answer.Fits,
                Reason = answer.Reason,
                WeightsBytes = device.WeightsBytes,
                CacheBytes = device.CacheBytes,
                ActivationBytes = device.ActivationBytes,
                OverheadBytes = device.OverheadBytes,
                CacheTokens = answer.CacheTokens,
                MaximumConcurrency = answer.MaximumConcurrency,
                Source = rules.Source,
            };
        }
        catch (BadContentException misfit)
        {
            return new EngineLine
            {
                Engine = name,
                Fits = false,
                Reason = misfit.Found,
                Source = rules.Source,
            };
        }
    }
}
