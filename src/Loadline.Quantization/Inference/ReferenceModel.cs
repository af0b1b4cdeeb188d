using System.Collections.Concurrent;
using Loadline.Models;

namespace Loadline.Quantization.Inference;

/// <summary>How a model is loaded and run.</summary>
public sealed record ReferenceOptions
{
    /// <summary>Threads of a forward pass; no result depends on them.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>
    /// True to use the rotary frequencies that Phi-3 has for sequences beyond its original context, which are not those
    /// for shorter ones.
    /// </summary>
    public bool ForLongContext { get; init; }
}

/// <summary>
/// A language model that computes logits, built from the same <see cref="Architecture"/> that is planned with. Weights
/// stay in the format they are stored in; everything else is fp32.
/// </summary>
/// <remarks>
/// Meant to be right and to count what it does, not to serve. Results depend on neither threads, batch nor cache: a token
/// gets the same bits whichever others run beside it.
/// </remarks>
public sealed class ReferenceModel : IDisposable
{
    private readonly Decoder decoder;
    private readonly ModelWeights weights;
    private readonly ConcurrentBag<MatrixProduct> products = [];
    private readonly int threads;
    private readonly int tableRows;

    private ReferenceModel(
        Architecture architecture,
        InferenceSettings settings,
        ModelWeights weights,
        string file,
        int threads
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Architecture = architecture;
        Settings = settings;
        this.weights = weights;
        this.threads = threads;
        decoder = new DecoderBuilder(architecture, settings, weights, file).Build();
        tableRows = decoder.Positions?.Rows - settings.PositionOffset ?? int.MaxValue;
    }

    public Architecture Architecture { get; }

    public InferenceSettings Settings { get; }

    public int VocabularySize => decoder.Head.Matrix.Rows;

    /// <summary>Bytes of weights in memory.</summary>
    public long WeightBytes => weights.Bytes;

    /// <summary>Longest sequence that has positions; null when nothing bounds it.</summary>
    public int? MostPositions =>
        Math.Min(tableRows, Settings.Rope?.MostPositions ?? int.MaxValue) is var most and < int.MaxValue ? most : null;

    /// <param name="path">A folder with config.json and safetensors, or a .gguf file.</param>
    /// <param name="options">Threads and context.</param>
    /// <exception cref="BadContentException">Not sound, or a model whose computation is not described.</exception>
    /// <exception cref="IOException">Nothing is there, or it cannot be read.</exception>
    public static ReferenceModel Load(string path, ReferenceOptions? options = null)
    {
        if (path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
        {
            using var gguf = GgufStore.Open(path);
            return Load(gguf, path, options);
        }
        using var store = SafetensorsStore.Open(path);
        var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(path) ?? "";
        return Load(ConfigFile.Read(Path.Combine(folder, ModelFiles.ConfigName)), store, options);
    }

    /// <summary>Loads weights from anywhere under Hugging Face names, such as those a quantizer has just written.</summary>
    /// <exception cref="BadContentException">Not sound, or a model whose computation is not described.</exception>
    public static ReferenceModel Load(ModelConfig config, WeightStore store, ReferenceOptions? options = null)
    {
        options ??= new();
        var architecture = ModelFamilies.DescribePlain(config);
        var settings = SettingsReader.Read(config, architecture, options.ForLongContext);
        return Load(architecture, settings, new CheckpointWeights(store, config.File), config.File, options.Threads);
    }

    /// <exception cref="BadContentException">Not sound, or a model whose computation is not described.</exception>
    public static ReferenceModel Load(GgufStore store, string file, ReferenceOptions? options = null)
    {
        options ??= new();
        var (architecture, settings, hasPairedRows) = GgufSettings.Read(GgufFile.Read(file), store);
        var weights = new GgufWeights(store, file, architecture, hasPairedRows);
        return Load(architecture, settings, weights, file, options.Threads);
    }

    private static ReferenceModel Load(
        Architecture architecture,
        InferenceSettings settings,
        ModelWeights weights,
        string file,
        int threads
    )
    {
        try
        {
            return new ReferenceModel(architecture, settings, weights, file, threads);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    public KvCache NewCache(int capacity) => new(decoder, capacity);

    /// <summary>Logits of one sequence, or of what comes next in it when a cache is given.</summary>
    public Logits Forward(ReadOnlySpan<int> tokens, KvCache? cache = null, ForwardOptions? options = null) =>
        ForwardBatch([new SequenceStep(tokens.ToArray(), cache)], options);

    /// <summary>Logits of several sequences; rows are in the order of the sequences and their tokens.</summary>
    /// <exception cref="ArgumentException">No tokens, an unknown token, a full cache, or one cache twice.</exception>
    public Logits ForwardBatch(IReadOnlyList<SequenceStep> batch, ForwardOptions? options = null)
    {
        options ??= new();
        Check(batch);
        var slices = new List<SequenceSlice>();
        var temporary = new List<KvCache>();
        if (!products.TryTake(out var product))
            product = new MatrixProduct(threads);
        try
        {
            var row = 0;
            foreach (var step in batch)
            {
                if (step.Cache is not { } cache)
                    temporary.Add(cache = NewCache(step.Tokens.Length));
                slices.Add(new SequenceSlice(step.Tokens, row, cache.Length, cache));
                row += step.Tokens.Length;
            }
            var logits = new ForwardPass(decoder, Settings, product, options, slices).Run();
            foreach (var slice in slices)
                slice.Cache.Length += slice.Count;
            return new Logits(logits, VocabularySize);
        }
        finally
        {
            products.Add(product);
            temporary.ForEach(cache => cache.Dispose());
        }
    }

    public void Dispose()
    {
        while (products.TryTake(out var product))
            product.Dispose();
        weights.Dispose();
    }

    private void Check(IReadOnlyList<SequenceStep> batch)
    {
        if (batch.Count == 0)
            throw new ArgumentException("no sequences", nameof(batch));
        var caches = new HashSet<KvCache>();
        foreach (var step in batch)
        {
            if (step.Tokens.IsEmpty)
                throw new ArgumentException("a sequence without tokens", nameof(batch));
            foreach (var token in step.Tokens.Span)
            {
                if (token < 0 || token >= decoder.Embedding.Matrix.Rows)
                    throw new ArgumentException($"token {token} of {decoder.Embedding.Matrix.Rows}", nameof(batch));
            }
            var end = (step.Cache?.Length ?? 0) + step.Tokens.Length;
            if (end > MostPositions)
                throw new ArgumentException($"{end} tokens, but positions for {MostPositions}", nameof(batch));
            if (step.Cache is { } cache && (!caches.Add(cache) || end > cache.Capacity))
                throw new ArgumentException($"{end} tokens in a cache for {cache.Capacity}, or twice", nameof(batch));
        }
    }
}
