using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;

namespace Loadline.Models;

/// <summary>
/// What the metadata of a GGUF language model says, checked against its own tensors: block count against
/// <c>blk.N</c>, sizes against the token embedding.
/// </summary>
internal sealed class GgufFields
{
    private const string HeadsField = "attention.head_count";
    private const string KvHeadsField = "attention.head_count_kv";

    private readonly GgufMetadata metadata;
    private readonly FrozenDictionary<string, StoredTensor> tensors;

    /// <summary>Layers of the file, prediction layers included.</summary>
    private readonly int blocks;

    public GgufFields(GgufMetadata metadata, Checkpoint checkpoint, string architecture)
    {
        this.metadata = metadata;
        Prefix = architecture;
        tensors = checkpoint.Tensors.ToFrozenDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        blocks = metadata.RequiredSize(Key("block_count"));
        PredictionLayers = Optional("nextn_predict_layers") ?? 0;
        if (PredictionLayers >= blocks)
            throw Wrong("nextn_predict_layers", $"{PredictionLayers}", $"fewer than the {blocks} blocks");
        CheckBlocks();
        Hidden = metadata.RequiredSize(Key("embedding_length"));
        Vocabulary = CheckEmbedding();
    }

    public string Prefix { get; }

    /// <summary>Layers of the language model.</summary>
    public int Layers => blocks - PredictionLayers;

    /// <summary>Layers for multi-token prediction, stored behind those of the language model.</summary>
    public int PredictionLayers { get; }

    public int Hidden { get; }

    public int Vocabulary { get; }

    public int Heads => RequiredEveryLayer(HeadsField);

    public int KvHeads => Positive(KvHeadsField, EveryLayer(KvHeadsField) ?? Heads);

    /// <summary>Width of a key, which most models share with queries and values.</summary>
    public int KeySize
    {
        get
        {
            if (Positive("attention.key_length") is { } size)
                return size;
            if (Positive("attention.value_length") is { } value)
                throw Wrong("attention.key_length", "missing", $"value_length {value}");
            return Hidden % Heads == 0
                ? Hidden / Heads
                : throw Wrong(HeadsField, $"{Heads}", $"a divisor of embedding_length {Hidden}, or a key_length");
        }
    }

    /// <summary>Width of a head where keys and values are alike.</summary>
    public int HeadSize
    {
        get
        {
            var size = KeySize;
            return (Positive("attention.value_length") ?? size) is var value && value != size
                ? throw Wrong("attention.value_length", $"{value}", $"key_length {size}")
                : size;
        }
    }

    public int Intermediate => RequiredEveryLayer("feed_forward_length");

    public int? Context => Positive("context_length");

    public int Experts => Optional("expert_count") ?? 0;

    public int ActiveExperts
    {
        get
        {
            var active = Required("expert_used_count");
            return active <= Experts
                ? active
                : throw Wrong("expert_used_count", $"{active}", $"at most expert_count {Experts}");
        }
    }

    /// <summary>The type of most weights that are not quantized; llama.cpp computes in 16 bit otherwise.</summary>
    public string DataType =>
        tensors["token_embd.weight"].Format switch
        {
            var format when format == BlockFormats.Fp32 => "float32",
            var format when format == BlockFormats.Bf16 => "bfloat16",
            _ => "float16",
        };

    public bool Has(string tensor) => tensors.ContainsKey(tensor);

    /// <summary>True when any layer has the tensor, for those that only some kinds of layer have.</summary>
    public bool HasInSomeLayer(string tensor) =>
        Enumerable.Range(0, Layers).Any(layer => tensors.ContainsKey($"blk.{layer}.{tensor}"));

    /// <summary>Rows of a table such as that of positions; null when the file has none.</summary>
    public long? RowsOf(string tensor) =>
        tensors.TryGetValue(tensor, out var found) && found.Shape is [var rows, _] ? rows : null;

    public string Key(string field) => $"{Prefix}.{field}";

    public BadContentException Wrong(string field, string found, string expected) =>
        metadata.Wrong(Key(field), found, expected);

    public int Required(string field) => metadata.RequiredSize(Key(field));

    /// <summary>As written, 0 included; null when absent.</summary>
    public int? Optional(string field) => metadata.Size(Key(field));

    /// <summary>Null when absent, or 0, which writers use for "none".</summary>
    public int? Positive(string field) => Optional(field) is { } value and > 0 ? value : null;

    public bool IsArray(string field) => metadata.Find(Key(field)) is { Type: GgufType.Array };

    /// <summary>One number for each layer of the language model; null when absent.</summary>
    public ImmutableArray<int>? PerLayer(string field) =>
        metadata.SizePerLayer(Key(field), blocks, Layers) is { } sizes ? [.. sizes.Take(Layers)] : null;

    public ImmutableArray<int> RequiredPerLayer(string field) =>
        PerLayer(field) ?? throw Wrong(field, "missing", "one number, or one for each layer");

    /// <summary>
    /// The number that all the layers meant have in common. Layers that differ are refused, because the number of one
    /// would stand for all.
    /// </summary>
    public int? EveryLayer(string field, Predicate<int>? meant = null)
    {
        if (PerLayer(field) is not { } sizes)
            return null;
        int? first = null;
        for (var layer = 0; layer < sizes.Length; layer++)
        {
            if (meant is not null && !meant(layer))
                continue;
            first ??= layer;
            if (sizes[layer] != sizes[first.Value])
            {
                var found = $"{sizes[first.Value]} in layer {first} and {sizes[layer]} in layer {layer}";
                throw Wrong(field, found, $"one number for all layers {(meant is null ? "" : "of a kind")}".TrimEnd());
            }
        }
        return first is { } index ? sizes[index] : null;
    }

    public int RequiredEveryLayer(string field) =>
        Positive(field, EveryLayer(field) ?? throw Wrong(field, "missing", "a positive number"));

    /// <summary>Layers whose number is not 0, as hybrids mark their layers with attention or with an MLP.</summary>
    public ImmutableArray<bool> LayersWith(string field) => [.. RequiredPerLayer(field).Select(size => size > 0)];

    /// <summary>The number of those layers where it is not 0.</summary>
    public int WhereNotZero(string field)
    {
        var sizes = RequiredPerLayer(field);
        return EveryLayer(field, layer => sizes[layer] > 0) ?? throw Wrong(field, "0 in every layer", "some layers");
    }

    /// <summary>
    /// Layers that see a window: as the file lists them, or all but every n-th; by the architecture's own period when
    /// the file says neither.
    /// </summary>
    public ImmutableArray<bool> WindowedLayers(int period)
    {
        const string Field = "attention.sliding_window_pattern";
        if (Positive("attention.sliding_window") is null)
            return [.. Enumerable.Repeat(false, Layers)];
        if (IsArray(Field))
            return [.. RequiredPerLayer(Field).Select(item => item != 0)];
        var every = Optional(Field) ?? period;
        // llama.cpp, llama_hparams::set_swa_pattern: the last of each group of so many layers sees everything.
        return [.. Enumerable.Range(0, Layers).Select(layer => every == 0 || layer % every < every - 1)];
    }

    private int Positive(string field, int value) =>
        value > 0 ? value : throw Wrong(field, $"{value}", "a positive number");

    private void CheckBlocks()
    {
        var seen = new HashSet<int>();
        foreach (var name in tensors.Keys)
        {
            if (!name.StartsWith("blk.", StringComparison.Ordinal))
                continue;
            var digits = name.AsSpan(4);
            var dot = digits.IndexOf('.');
            if (dot > 0 && int.TryParse(digits[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var block))
                seen.Add(block);
        }
        if (seen.Count == blocks && seen.All(block => block < blocks))
            return;
        var found = seen.Count == 0 ? "no blk.N tensors" : $"tensors of {seen.Count} blocks up to blk.{seen.Max()}";
        throw Wrong("block_count", $"{blocks}, but {found}", "tensors for each of the blocks");
    }

    private int CheckEmbedding()
    {
        if (!tensors.TryGetValue("token_embd.weight", out var embedding))
            throw new BadContentException(
                metadata.File,
                "tensor \"token_embd.weight\"",
                "missing",
                "a token embedding"
            );
        var shape = string.Join(" x ", embedding.Shape);
        if (embedding.Shape is not [var rows, var columns] || rows > int.MaxValue || columns != Hidden)
        {
            var expected = $"rows of embedding_length {Hidden}";
            throw new BadContentException(metadata.File, "tensor \"token_embd.weight\"", shape, expected);
        }
        var tokens = metadata.Find("tokenizer.ggml.tokens");
        if (tokens is { Type: GgufType.Array } && tokens.Value.Count != rows)
            throw metadata.Wrong("tokenizer.ggml.tokens", tokens.Value.ToString(), $"{rows}, as token_embd.weight has");
        if (Optional("vocab_size") is { } size && size != rows)
            throw Wrong("vocab_size", $"{size}", $"{rows}, as token_embd.weight has");
        return (int)rows;
    }
}
