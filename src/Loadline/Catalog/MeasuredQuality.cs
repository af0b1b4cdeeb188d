using Loadline.Quantities;

namespace Loadline.Catalog;

/// <summary>What a format was found to cost one model, by running both on the same text.</summary>
/// <param name="Model">As scenarios name it.</param>
/// <param name="Format">Of the weights, as scenarios name it.</param>
/// <param name="Method">Such as <c>round-to-nearest</c>.</param>
/// <param name="KlDivergence">Mean over tokens from the original, in nats; 90 % by the text that was used.</param>
/// <param name="PerplexityRatio">Perplexity over the original's.</param>
/// <param name="Tokens">That were predicted.</param>
/// <param name="Text">They came from.</param>
/// <param name="Source">What measured it.</param>
/// <param name="Retrieved">When.</param>
public sealed record MeasuredQuality(
    string Model,
    string Format,
    string Method,
    MeasuredFigure KlDivergence,
    MeasuredFigure PerplexityRatio,
    int Tokens,
    string Text,
    string Source,
    string Retrieved
)
{
    internal static string IdOf(string model, string format) => $"{model} {format}".ToLowerInvariant();
}

/// <summary>A measured figure and the ends of its 90 % interval.</summary>
public sealed record MeasuredFigure(double Value, double Low, double High)
{
    public static MeasuredFigure Of(Estimate estimate) => new(estimate.Value, estimate.Low, estimate.High);
}

/// <summary>A file of them, as a catalog keeps it.</summary>
public sealed record MeasuredQualityFile(IReadOnlyList<MeasuredQuality> MeasuredQuality);
