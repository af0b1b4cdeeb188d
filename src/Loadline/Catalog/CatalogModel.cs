using System.Collections.Immutable;
using System.Text.Json;
using Loadline.Models;

namespace Loadline.Catalog;

/// <summary>A published model: what its configuration says and what is known about it.</summary>
public sealed record CatalogModel
{
    /// <summary>Hugging Face id, <c>organisation/name</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Other ids of models with this very architecture.</summary>
    public ImmutableArray<string> Aliases
    {
        get => field.IsDefault ? [] : field;
        init;
    }
    public string? Released { get; init; }
    public string? ReleasedSource { get; init; }
    public string? Licence { get; init; }
    public string? LicenceSource { get; init; }

    /// <summary>Elements of the published checkpoint, packed codes and tied copies included; null when not known.</summary>
    public long? StoredElements { get; init; }

    /// <summary>Who published that count.</summary>
    public string? StoredElementsSource { get; init; }

    /// <summary>What that count has beyond what the configuration tells, or lacks, term by term.</summary>
    public ImmutableArray<StoredTerm> StoredTerms
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>The fields of config.json that describe the architecture, under their own names.</summary>
    public required JsonElement Config { get; init; }

    /// <summary>
    /// The <c>quantization</c> object of hf_quant_config.json, for checkpoints whose config.json does not mention it.
    /// </summary>
    public JsonElement? Quantization { get; init; }
    public string? Notes { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }

    /// <exception cref="BadContentException">The family is unknown, or the configuration is not sound.</exception>
    public Architecture Describe() =>
        ModelFamilies.Describe(
            new ModelConfig(Id, Config),
            Quantization is { } quantization ? new ModelConfig(Id, quantization, "$.quantization") : null
        );

    /// <summary>The architecture with plain weights, whatever this checkpoint is quantized to.</summary>
    /// <exception cref="BadContentException">The family is unknown, or the configuration is not sound.</exception>
    internal Architecture DescribePlain() => ModelFamilies.DescribePlain(new ModelConfig(Id, Config));
}
