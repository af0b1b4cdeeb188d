using System.Collections.Immutable;
using System.Diagnostics;

namespace Loadline.Models;

/// <summary>The answer of <c>inspect</c>: what is in a model. All figures are exact.</summary>
public sealed record ModelSummary
{
    public required string Model { get; init; }
    public required ArchitectureSummary Architecture { get; init; }
    public required ParameterSummary Parameters { get; init; }

    /// <summary>Bytes of the language model by recipe; <c>as-stored</c> is the checkpoint where its headers were read.</summary>
    public required IReadOnlyDictionary<string, long> WeightBytes { get; init; }
    public required CacheSummary Cache { get; init; }
    public required ImmutableArray<string> Assumptions { get; init; }

    /// <param name="model">The model.</param>
    /// <param name="context">Tokens for which the cache of one sequence is sized; null for none.</param>
    public static ModelSummary Of(Model model, long? context = null)
    {
        var architecture = model.Architecture;
        return new ModelSummary
        {
            Model = model.Id,
            Architecture = ArchitectureSummary.Of(architecture),
            Parameters = ParameterSummary.Of(model),
            WeightBytes = WeightBytesOf(model),
            Cache = CacheSummary.Of(architecture.Cache, context),
            Assumptions = [.. model.Assumptions],
        };
    }

    private static SortedDictionary<string, long> WeightBytesOf(Model model)
    {
        var tensors = model.Architecture.Tensors;
        var sizes = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var format in WeightFormats.ByName.Values)
            sizes[format.Name] = tensors.SizeIn(format).Bytes;
        if (model.Checkpoint is { } checkpoint)
            sizes["as-stored"] = checkpoint.Size.Bytes;
        else if (model.Architecture.StoredFormat is { } stored)
            sizes["as-stored"] = tensors.SizeIn(stored).Bytes;
        return sizes;
    }
}

/// <summary>Sizes of an architecture; heads are those of the first attention layer, all kinds are listed beside it.</summary>
public sealed record ArchitectureSummary
{
    public required string Family { get; init; }
    public required int Layers { get; init; }
    public required int HiddenSize { get; init; }
    public required int? QueryHeads { get; init; }
    public required int? KvHeads { get; init; }
    public required int? HeadSize { get; init; }
    public required int VocabularySize { get; init; }
    public required int? MaximumContext { get; init; }
    public required string DataType { get; init; }

    /// <summary>Recipe in which the checkpoint is published; null for plain weights.</summary>
    public required string? StoredFormat { get; init; }

    /// <summary>Experts per layer and experts per token; null for a dense model.</summary>
    public required int? Experts { get; init; }
    public required int? ActiveExperts { get; init; }
    public required ImmutableArray<LayerKindSummary> LayerKinds { get; init; }

    public static ArchitectureSummary Of(Architecture architecture)
    {
        var attention = architecture.Layers.OfType<Mixer.Attention>().FirstOrDefault();
        var expert = architecture.Tensors.Tensors.FirstOrDefault(tensor => tensor.Role == TensorRole.Expert);
        return new ArchitectureSummary
        {
            Family = architecture.Family,
            Layers = architecture.Layers.Length,
            HiddenSize = architecture.HiddenSize,
            QueryHeads = attention?.QueryHeads,
            KvHeads = attention?.KvHeads,
            HeadSize = attention?.HeadSize,
            VocabularySize = architecture.VocabularySize,
            MaximumContext = architecture.MaximumContext,
            DataType = architecture.DataType.Name,
            StoredFormat = architecture.StoredFormat?.Name,
            Experts = expert?.Experts,
            ActiveExperts = expert?.ActiveExperts,
            LayerKinds =
            [
                .. architecture
                    .Layers.GroupBy(layer => layer)
                    .Select(group => LayerKindSummary.Of(group.Key, group.Count())),
            ],
        };
    }
}

/// <summary>Layers that mix tokens the same way.</summary>
public sealed record LayerKindSummary
{
    public required string Kind { get; init; }
    public required int Layers { get; init; }
    public int? QueryHeads { get; init; }
    public int? KvHeads { get; init; }
    public int? HeadSize { get; init; }

    /// <summary>Tokens in the window; null when all are attended to.</summary>
    public int? Window { get; init; }

    /// <summary>Width of the shared latent vector and of its rotated key; null unless the kind is latent.</summary>
    public int? LatentRank { get; init; }
    public int? RopeSize { get; init; }

    /// <summary>Tokens that a sparse layer selects; null when it attends to all.</summary>
    public int? SelectedTokens { get; init; }

    /// <summary>Tokens that become one cached vector; null when each keeps its own.</summary>
    public int? CompressionRatio { get; init; }

    /// <summary>Numbers of recurrent and convolution state per sequence and layer; null for attention.</summary>
    public long? StateElements { get; init; }

    public static LayerKindSummary Of(Mixer mixer, int layers) =>
        mixer switch
        {
            Mixer.Attention attention => OfAttention(attention, layers),
            Mixer.LatentAttention latent => new()
            {
                Kind = latent.Indexer is null ? "latent" : "sparse latent",
                Layers = layers,
                QueryHeads = latent.QueryHeads,
                HeadSize = latent.PlainSize + latent.RopeSize,
                LatentRank = latent.LatentRank,
                RopeSize = latent.RopeSize,
                SelectedTokens = latent.Indexer?.Selected,
            },
            Mixer.CompressedAttention compressed => new()
            {
                Kind = "compressed",
                Layers = layers,
                QueryHeads = compressed.QueryHeads,
                HeadSize = compressed.HeadSize,
                Window = compressed.Window,
                CompressionRatio = compressed.Ratio,
                SelectedTokens = compressed.Indexer?.Selected,
            },
            Mixer.Linear linear => new()
            {
                Kind = "linear",
                Layers = layers,
                StateElements = linear.StateElements,
            },
            Mixer.Convolution convolution => new()
            {
                Kind = "convolution",
                Layers = layers,
                StateElements = convolution.StateElements,
            },
            Mixer.Parallel parallel => OfAttention(parallel.Softmax, layers) with
            {
                Kind = "attention beside linear",
                StateElements = parallel.Recurrence.StateElements,
            },
            Mixer.None => new() { Kind = "none", Layers = layers },
            _ => throw new UnreachableException(),
        };

    private static LayerKindSummary OfAttention(Mixer.Attention attention, int layers) =>
        new()
        {
            Kind = attention switch
            {
                { IsBidirectional: true } => "bidirectional",
                { SharesCache: true } => "shared",
                { Indexer: not null } => "sparse",
                { Window: null } => "full",
                { IsChunked: true } => "chunked",
                _ => "window",
            },
            Layers = layers,
            QueryHeads = attention.QueryHeads,
            KvHeads = attention.KvHeads,
            HeadSize = attention.HeadSize,
            Window = attention.Window,
            SelectedTokens = attention.Indexer?.Selected,
        };
}

/// <summary>Parameters: in all, per token, by part and by tensor.</summary>
public sealed record ParameterSummary
{
    /// <summary>The language model without multi-token-prediction layers, tied tensors once.</summary>
    public required long Total { get; init; }

    /// <summary>Of those, the ones a single token touches.</summary>
    public required long Active { get; init; }
    public required ImmutableArray<PartSummary> Parts { get; init; }

    /// <summary>Elements in the checkpoint, tied copies, packed codes and buffers included; null when not known.</summary>
    public required long? Stored { get; init; }

    /// <summary>From the parameters of all parts to <see cref="Stored"/>, where only the published count is known.</summary>
    public required ImmutableArray<StoredTerm> StoredTerms { get; init; }
    public required ImmutableArray<ParameterItem> Items { get; init; }

    public static ParameterSummary Of(Model model)
    {
        var inventory = model.Architecture.Tensors;
        return new ParameterSummary
        {
            Total = inventory.Parameters,
            Active = inventory.ActiveParameters,
            Parts =
            [
                .. Enum.GetValues<ModelPart>()
                    .Select(part => new PartSummary(part, inventory.ParametersOf(part)))
                    .Where(part => part.Parameters > 0),
            ],
            Stored = model.Checkpoint?.Elements ?? model.StoredElements,
            StoredTerms = model.Checkpoint is null ? model.StoredTerms : [],
            Items = [.. inventory.Tensors.Select(ParameterItem.Of)],
        };
    }
}

public sealed record PartSummary(ModelPart Part, long Parameters);

/// <summary>One line of the count: a shape, how often it occurs, and what that adds.</summary>
/// <param name="Name">Checkpoint name, with <c>{layer}</c> and <c>{expert}</c> for the repeats.</param>
/// <param name="Shape">As stored.</param>
/// <param name="Count">Elements of one.</param>
/// <param name="Copies">How many there are.</param>
/// <param name="Parameters">Count x copies; 0 when tied.</param>
/// <param name="TiedTo">The tensor it shares its values with; null for most.</param>
public sealed record ParameterItem(
    string Name,
    ImmutableArray<long> Shape,
    long Count,
    long Copies,
    long Parameters,
    string? TiedTo
)
{
    public static ParameterItem Of(Tensor tensor) =>
        new(tensor.Name, tensor.Shape, tensor.Count, tensor.Copies, tensor.Parameters, tensor.TiedTo);
}

/// <summary>What a sequence leaves in memory, as the architecture needs it.</summary>
public sealed record CacheSummary
{
    /// <summary>Bytes per token at bf16 of the layers that attend to everything.</summary>
    public required long BytesPerToken { get; init; }
    public required ImmutableArray<CacheWindowSummary> Windows { get; init; }
    public required long StateBytesPerSequence { get; init; }

    /// <summary>Bytes of one sequence of the context asked for; null when none was.</summary>
    public required long? BytesAtContext { get; init; }

    public static CacheSummary Of(Cache cache, long? context) =>
        new()
        {
            BytesPerToken = cache.PerToken(BlockFormats.Bf16).Bytes,
            Windows =
            [
                .. cache.Windows.Select(window => new CacheWindowSummary(
                    window.Tokens,
                    BlockFormats.Bf16.SizeOf(1, window.ElementsPerToken).Bytes,
                    window.Layers
                )),
            ],
            StateBytesPerSequence = cache.StatePerSequence.Bytes,
            BytesAtContext = context is { } tokens ? cache.At(tokens, BlockFormats.Bf16).Bytes : null,
        };
}

/// <summary>Layers that remember only a window; bytes per token at bf16, all of them together.</summary>
public sealed record CacheWindowSummary(int Tokens, long BytesPerToken, int Layers);
