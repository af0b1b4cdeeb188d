using System.Collections.Immutable;
using System.Globalization;
using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What a format of weights and cache costs a model's answers, by the names that deployments use.</summary>
public sealed class QualityPredictor
{
    private readonly CatalogReader catalog;
    private readonly QualityConstants constants;
    private readonly QualityFormats formats;
    private readonly QualityLoss loss;

    public QualityPredictor(CatalogReader catalog)
    {
        this.catalog = catalog;
        constants = catalog.Quality.All[0];
        formats = new QualityFormats(constants);
        loss = new QualityLoss(constants);
    }

    /// <param name="weightFormat">Such as <c>fp8</c>, <c>int4</c>, <c>nvfp4</c>, <c>Q4_K_M</c>.</param>
    /// <param name="weightsAsReleased">
    /// True when these are the weights that were published and scored: whatever their format, nothing is lost by it.
    /// </param>
    /// <param name="kvFormat">Of cached keys and values; null for 16 bits.</param>
    /// <param name="parameters">All of the model's.</param>
    /// <param name="activeParameters">Those that one token uses.</param>
    /// <exception cref="UnknownNameException">A format is not known.</exception>
    public QualityOutlook Of(
        string weightFormat,
        bool weightsAsReleased,
        string? kvFormat,
        long parameters,
        long activeParameters
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(parameters);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(activeParameters);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(activeParameters, parameters);
        var weights = weightsAsReleased ? null : formats.Weights(weightFormat);
        var cache = formats.Cache(kvFormat);
        var model = new RoundedModel(parameters, activeParameters)
        {
            Weights = weights?.Family,
            WeightBits = weights?.Bits ?? RoundedModel.Unrounded,
            ActivationBits = weights?.ActivationBits ?? RoundedModel.Unrounded,
            Cache = cache?.Family,
            CacheBits = cache?.Bits ?? RoundedModel.Unrounded,
        };
        return new QualityOutlook
        {
            TaskLoss = AsLoss(loss.TaskLoss(model), 1),
            PerplexityLoss = AsLoss(loss.PerplexityLoss(model), double.PositiveInfinity),
            KlDivergence = AsLoss(loss.KlDivergence(model), double.PositiveInfinity),
            Warnings = QualityWarnings.Of(model, loss.DivergenceOf(model)),
            Source = SourceOf(model, weightFormat, weightsAsReleased, kvFormat),
        };
    }

    /// <summary>
    /// The same where the user measured the weights of this very model in this format: the cache is predicted on top.
    /// </summary>
    /// <inheritdoc cref="Of(string, bool, string, long, long)"/>
    public QualityOutlook Of(
        string model,
        string weightFormat,
        bool weightsAsReleased,
        string? kvFormat,
        long parameters,
        long activeParameters
    )
    {
        var predicted = Of(weightFormat, weightsAsReleased, kvFormat, parameters, activeParameters);
        if (
            weightsAsReleased || catalog.MeasuredQuality.Get(MeasuredQuality.IdOf(model, weightFormat)) is not { } found
        )
            return predicted;
        var ofCache = Of(weightFormat, true, kvFormat, parameters, activeParameters);
        var weights = new Estimate(
            found.KlDivergence.Value,
            found.KlDivergence.Low,
            found.KlDivergence.High,
            Evidence.Measured
        );
        var divergence = kvFormat is null ? weights : weights + ofCache.KlDivergence;
        return predicted with
        {
            TaskLoss = AsLoss(loss.TaskLossOfMeasured(divergence), 1),
            PerplexityLoss = AsLoss(
                new Estimate(
                    found.PerplexityRatio.Value - 1,
                    found.PerplexityRatio.Low - 1,
                    found.PerplexityRatio.High - 1,
                    Evidence.Measured
                ),
                double.PositiveInfinity
            ),
            KlDivergence = divergence,
            Source =
                $"{weightFormat} weights of {model} measured on {found.Tokens} tokens of {found.Text}, {found.Retrieved}{(kvFormat is null ? "" : $"; {ofCache.Source}")}",
        };
    }

    /// <summary>Measured losses scatter below zero, but nothing is gained by rounding.</summary>
    private static Estimate AsLoss(Estimate estimate, double most) =>
        estimate with
        {
            Low = Math.Max(0, estimate.Low),
            High = Math.Min(most, estimate.High),
        };

    private string SourceOf(RoundedModel model, string weightFormat, bool weightsAsReleased, string? kvFormat)
    {
        if (!model.IsRounded)
            return weightsAsReleased
                ? "the weights are as released: their scores are the published ones"
                : $"{weightFormat} rounds nothing";
        string[] parts =
        [
            .. model.Weights is { } weights
                ? [Behind($"{weightFormat} weights", constants.Families[weights])]
                : Array.Empty<string>(),
            .. model.Cache is { } cache
                ? [Behind($"{kvFormat} cache", constants.Families[cache])]
                : Array.Empty<string>(),
        ];
        return $"{string.Join("; ", parts)}; {constants.Source}, {constants.Retrieved}";
    }

    private static string Behind(string what, QualityFamily family) =>
        family.Runs == 0
            ? $"{what}: no measurements of this rounding, those of one of its kind stand in"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: {family.Runs} quantized models of {family.Models} base models"
            );
}
