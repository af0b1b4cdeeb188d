namespace Loadline.Prediction;

/// <summary>The catalog has no figure that a prediction needs. It is never replaced by a guess.</summary>
public sealed class MissingFigureException(string id, string figure)
    : Exception($"{id}: {figure} is not in the catalog, so nothing can be predicted from it")
{
    public string Id { get; } = id;

    public string Figure { get; } = figure;
}
