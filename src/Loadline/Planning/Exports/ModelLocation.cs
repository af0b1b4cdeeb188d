using Loadline.Catalog;
using Loadline.Models;

namespace Loadline.Planning;

/// <summary>Where an engine finds the weights.</summary>
internal enum WeightSource
{
    /// <summary>The repository on Hugging Face, as it is or converted while it is loaded.</summary>
    Repository,

    /// <summary>A GGUF file of a repository on Hugging Face.</summary>
    GgufRepository,

    /// <summary>A file or folder that has to be made or found first.</summary>
    ToBeGiven,
}

/// <summary>What an engine is told to load.</summary>
/// <param name="Source">Where that is.</param>
/// <param name="Value">Id, with the type behind a colon for GGUF; empty where it has to be given.</param>
/// <param name="Quantization">Value of the engine's quantization setting; null where it converts nothing.</param>
/// <param name="Needs">What has to be there first; null when nothing has to.</param>
internal sealed record ModelLocation(WeightSource Source, string Value, string? Quantization, string? Needs)
{
    private const string Gguf = "GGUF";

    public static ModelLocation Of(DeploymentSetup setup, string engine, EngineLaunch launch)
    {
        var key = KeyOf(setup.WeightFormat, launch);
        if (key is null || !launch.Weights.TryGetValue(key, out var weights))
        {
            var known = launch.Weights.Keys.Order(StringComparer.Ordinal);
            throw new UnknownNameException($"weight format of {engine}", setup.WeightFormat, [.. known], false);
        }

        var isGguf = key == Gguf;
        if (isGguf && launch.ReadsGguf && setup.WeightsAsReleased)
            return new(WeightSource.GgufRepository, $"{setup.Model}:{setup.WeightFormat}", null, null);
        if (isGguf || launch.ReadsGguf)
            return new(WeightSource.ToBeGiven, "", null, weights.Checkpoint);
        if (setup.WeightsAsReleased)
            return new(WeightSource.Repository, setup.Model, null, null);
        if (weights.Quantization is null && weights.Checkpoint is { } checkpoint)
            return new(WeightSource.ToBeGiven, "", null, checkpoint);
        return new(WeightSource.Repository, setup.Model, weights.Quantization, null);
    }

    public static bool Knows(string format, EngineLaunch launch) => KeyOf(format, launch) is not null;

    /// <summary>The entry of a format by its own name; small letters are plain formats, capitals are GGUF types.</summary>
    private static string? KeyOf(string format, EngineLaunch launch)
    {
        if (format != Gguf && launch.Weights.ContainsKey(format))
            return format;
        return IsGgufType(format) && launch.Weights.ContainsKey(Gguf) ? Gguf : null;
    }

    private static bool IsGgufType(string format) =>
        GgufMix.Names.Contains(format, StringComparer.OrdinalIgnoreCase)
        || (
            DynamicMixes.StandInFor(format) is { } mix && GgufMix.Names.Contains(mix, StringComparer.OrdinalIgnoreCase)
        );
}
