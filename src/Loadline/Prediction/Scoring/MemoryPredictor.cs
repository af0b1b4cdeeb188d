using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Predicts one logged memory figure from the conditions its row states; null when they are not enough.</summary>
internal sealed partial class MemoryPredictor(CatalogReader catalog)
{
    /// <summary>
    /// Bytes of a GGUF header per entry of the vocabulary: token text with its length, type, score, and for large
    /// vocabularies about two merges each. Counted from the layout in ggml-org/ggml docs/gguf.md.
    /// </summary>
    private const int HeaderBytesPerToken = 26;
    private const int HeaderBytesPerTokenWithMerges = 56;
    private const int VocabularyWithMerges = 60_000;

    public Estimate? Predict(CsvRow row, Model model, IReadOnlyDictionary<string, double> poolBytesByLog) =>
        row.Text("metric") switch
        {
            "checkpoint_bytes" => Exact(Checkpoint(row, model)),
            "gguf_file_bytes" => Exact(GgufWeights(row, model) + Header(model.Architecture)),
            "weights_gib_logged" => Exact(GgufWeights(row, model)),
            "model_buffer" => Exact(ModelBuffer(row, model)),
            "kv_cache_total" or "kv_cache_device" => Exact(LocalCache(row, model.Architecture.Layers)),
            "kv_cache_full" => Exact(
                LocalCache(row, [.. model.Architecture.Layers.Where(layer => !IsWindowed(layer))])
            ),
            "kv_cache_window" => Exact(WindowCells(row, [.. model.Architecture.Layers.Where(IsWindowed)])),
            "state_total" => Exact(model.Architecture.Cache.StatePerSequence * StateCells(row)),
            "weights_loaded" => Exact(Loaded(row, model)),
            "kv_pool_bytes" => PoolBytes(row, model),
            "kv_pool_tokens" => PoolTokens(row, model, poolBytesByLog),
            "peak_allocated" => AllocatedPeak.Of(model, Recipe(row, model), row),
            "compute_buffer" => ComputeBuffer.Of(model.Architecture, row),
            _ => null,
        };

    private static Estimate? Exact(ByteSize? size) =>
        size is { } bytes ? Estimate.Exact(bytes.Bytes, Evidence.Modelled) : null;

    private static ByteSize Checkpoint(CsvRow row, Model model) =>
        model.Architecture.Tensors.SizeIn(
            WeightFormats.Find(row.Text("weight_format").ToLowerInvariant(), model.Architecture),
            _ => true
        );

    private static ByteSize? GgufWeights(CsvRow row, Model model) =>
        GgufMix.Find(row.Text("weight_format"), model.Architecture) is { } mix
            ? model.Architecture.Tensors.SizeIn(mix)
            : null;

    private static ByteSize? Header(Architecture architecture)
    {
        long vocabulary = architecture.VocabularySize;
        return new ByteSize(
            vocabulary * (vocabulary > VocabularyWithMerges ? HeaderBytesPerTokenWithMerges : HeaderBytesPerToken)
        );
    }

    /// <summary>With all layers on an accelerator the input embedding stays on the host; on the host alone all is there.</summary>
    private static ByteSize? ModelBuffer(CsvRow row, Model model)
    {
        if (GgufMix.Find(row.Text("weight_format"), model.Architecture) is not { } mix)
            return null;
        var embedding = ByteSize.Zero;
        var isTied = false;
        foreach (var tensor in model.Architecture.Tensors.Tensors)
        {
            if (tensor.Role == TensorRole.TokenEmbedding)
                embedding += mix.SizeOf(tensor);
            isTied |= tensor is { Role: TensorRole.Head, TiedTo: not null };
        }
        var all = model.Architecture.Tensors.SizeIn(mix);
        var offloaded = row["offload_layers"]?.Split('/') is [var some, var most] && some == most;
        return (row.Text("device"), offloaded) switch
        {
            ("cpu", false) => all,
            ("cpu", true) => embedding,
            (_, true) => isTied ? all : all - embedding,
            _ => null,
        };
    }

    private static bool IsWindowed(Mixer layer) => layer is Mixer.Attention { Window: not null };

    /// <summary>Cells of a local engine: every cell of every layer, keys and values in formats of their own.</summary>
    private static ByteSize? LocalCache(CsvRow row, ImmutableArray<Mixer> layers)
    {
        if (row.WholeNumber("ctx") is not { } cells)
            return null;
        var key = Format(row["k_format"] ?? row["kv_format"]);
        var value = row["v_format"] is "none" ? null : Format(row["v_format"] ?? row["kv_format"]);
        var size = ByteSize.Zero;
        foreach (var layer in layers)
        {
            var (keys, values) = ElementsPerToken(layer, row);
            size += key.SizeOf(1, keys) * cells;
            if (values > 0)
                size += (value ?? key).SizeOf(1, values) * cells;
        }
        return size;
    }

    private static ByteSize? WindowCells(CsvRow row, ImmutableArray<Mixer> layers) => LocalCache(row, layers);

    /// <summary>
    /// Keys and values of a layer. Latent attention is expanded to all heads (mode 0), kept with a transposed copy of
    /// the latent (mode 1 without flash attention), or kept alone.
    /// </summary>
    private static (long Keys, long Values) ElementsPerToken(Mixer layer, CsvRow row) =>
        layer switch
        {
            Mixer.Attention { SharesCache: false, IsBidirectional: false } attention => (
                (long)attention.KvHeads * attention.HeadSize,
                (long)attention.KvHeads * attention.ValueHeadSize
            ),
            // A cache line without values is that of the latent, whatever mode the command asked for.
            Mixer.LatentAttention latent when row["v_format"] is "none" => (latent.LatentRank + latent.RopeSize, 0),
            Mixer.LatentAttention latent => row["mla_mode"] switch
            {
                "0" => (
                    (long)latent.QueryHeads * (latent.PlainSize + latent.RopeSize),
                    (long)latent.QueryHeads * latent.ValueHeadSize
                ),
                "1" when row["v_format"] is not ("none" or null) && row["flash_attention"] != "1" => (
                    latent.LatentRank + latent.RopeSize,
                    latent.LatentRank
                ),
                _ => (latent.LatentRank + latent.RopeSize, 0),
            },
            Mixer.Parallel parallel => ElementsPerToken(parallel.Softmax, row),
            _ => (0, 0),
        };

    private static BlockFormat Format(string? name) =>
        name switch
        {
            null or "f16" or "fp16" => BlockFormats.Fp16,
            "bf16" => BlockFormats.Bf16,
            "f32" => BlockFormats.Fp32,
            _ => CacheFormats.Find(name),
        };

    /// <summary>Sequences whose state is kept, as the log counts them.</summary>
    private static long StateCells(CsvRow row)
    {
        var note = row["note"] ?? "";
        if (Cells().Match(note) is { Success: true } cells)
            return long.Parse(cells.Groups[1].Value, CultureInfo.InvariantCulture);
        // "1 seq + 2 rs_seq": speculative decoding keeps a state per token it may take back.
        var sum = Sequences()
            .Matches(note)
            .Sum(match => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
        return Math.Max(1, sum);
    }

    private static ByteSize Loaded(CsvRow row, Model model) =>
        Shards.WeightsOnRank(model.Architecture, Recipe(row, model), (int)(row.WholeNumber("tp") ?? 1));

    private Estimate? PoolBytes(CsvRow row, Model model)
    {
        // "bytes per GPU for 524288 tokens": the pool of a log that also states its tokens.
        if (TokensOfPool().Match(row["unit"] ?? "") is { Success: true } tokens)
            return Exact(Cache(row, model) * long.Parse(tokens.Groups[1].Value, CultureInfo.InvariantCulture));
        return Memory(row, model)?.CachePool;
    }

    private Estimate? PoolTokens(CsvRow row, Model model, IReadOnlyDictionary<string, double> poolBytesByLog)
    {
        if ((row["note"] ?? "").Contains("score with kv_pool_bytes", StringComparison.Ordinal))
            return poolBytesByLog.TryGetValue(row["log"] ?? "", out var bytes)
                ? Estimate.Exact(bytes / Cache(row, model).Bytes, Evidence.Modelled)
                : null;
        return Memory(row, model)?.CacheTokens;
    }

    private static ByteSize Cache(CsvRow row, Model model)
    {
        var format = row["kv_format"] is "fp8" ? BlockFormats.Fp8 : BlockFormats.Bf16;
        return Shards.CacheOnRank(model.Architecture, (int)(row.WholeNumber("tp") ?? 1)).PerToken(format);
    }

    /// <summary>A pooled engine's memory on the accelerator of the row, or on one of the size it states.</summary>
    private ServingMemory? Memory(CsvRow row, Model model)
    {
        var accelerator = row["accelerator_id"] is { } id ? catalog.Accelerators.Find(id) : null;
        if (accelerator is null && SizeInGiB().Match(row["accelerator"] ?? "") is { Success: true } size)
            accelerator = catalog.Accelerators.Find("nvidia-h100-sxm-80gb") with
            {
                UsableMemory = ByteSize.FromGiB(double.Parse(size.Groups[1].Value, CultureInfo.InvariantCulture)),
            };
        if (accelerator is null)
            return null;
        var version = row["version"]?.Split('-')[0];
        var built = new DeploymentBuilder(catalog).TryBuild(
            new DeploymentRequest
            {
                Model = model,
                Accelerator = accelerator,
                Weights = Recipe(row, model).Name,
                Engine = version is null ? row.Text("engine") : $"{row.Text("engine")}@{version}",
                TensorParallel = (int)(row.WholeNumber("tp") ?? 1),
                Context = row.WholeNumber("ctx"),
            },
            out _
        );
        return built is null ? null : new ServingMemory(built.Deployment);
    }

    /// <summary>The recipe a log or file name means.</summary>
    internal static WeightFormat Recipe(CsvRow row, Model model)
    {
        var name = row.Text("weight_format");
        return name switch
        {
            "BF16" => WeightFormats.Bf16,
            "F16" or "FP16" => WeightFormats.Fp16,
            "FP8" => model.Architecture.StoredFormat is { } stored
            && stored.Name.Contains("fp8", StringComparison.Ordinal)
                ? stored
                : WeightFormats.Fp8,
            "W8A8-INT8" => WeightFormats.W8A8,
            _ when name.StartsWith("AWQ", StringComparison.Ordinal) => WeightFormats.Int4,
            "GPTQ-Int4" => WeightFormats.Int4,
            "GPTQ-Int8" => WeightFormats.Int8,
            "int4 native" when model.Architecture.StoredFormat is { } stored => stored,
            _ => WeightFormats.Find(name, model.Architecture),
        };
    }

    [GeneratedRegex(@"(\d+) cells")]
    private static partial Regex Cells();

    [GeneratedRegex(@"(\d+) (?:rs_)?seq")]
    private static partial Regex Sequences();

    [GeneratedRegex(@"for (\d+) tokens")]
    private static partial Regex TokensOfPool();

    [GeneratedRegex(@"([\d.]+) ?GiB")]
    private static partial Regex SizeInGiB();
}
