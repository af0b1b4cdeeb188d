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
    private readonly GgufMetadata metadata;
    private readonly FrozenDictionary<string, StoredTensor> tensors;

    public GgufFields(GgufMetadata metadata, Checkpoint checkpoint, string architecture)
    {
        this.metadata = metadata;
        Prefix = architecture;
        tensors = checkpoint.Tensors.ToFrozenDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        Layers = metadata.RequiredSize(Key("block_count"));
        CheckBlocks();
        Hidden = metadata.RequiredSize(Key("embedding_length"));
        Vocabulary = CheckEmbedding();
        Heads = RequiredEveryLayer("attention.head_count");
        KvHeads = EveryLayer("attention.head_count_kv") ?? Heads;
        if (KvHeads == 0)
            throw metadata.Wrong(Key("attention.head_count_kv"), "0", "a positive number");
        HeadSize = CheckHeadSize();
    }

    public string Prefix { get; }

    public int Layers { get; }

    public int Hidden { get; }

    public int Vocabulary { get; }

    public int Heads { get; }

    public int KvHeads { get; }

    /// <summary>Null when it is the hidden size shared out over the heads.</summary>
    public int? HeadSize { get; }

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
                : throw metadata.Wrong(Key("expert_used_count"), $"{active}", $"at most expert_count {Experts}");
        }
    }

    public bool Has(string tensor) => tensors.ContainsKey(tensor);

    public string Key(string field) => $"{Prefix}.{field}";

    public int Required(string field) => metadata.RequiredSize(Key(field));

    /// <summary>As written, 0 included; null when absent.</summary>
    public int? Optional(string field) => metadata.Size(Key(field));

    /// <summary>Null when absent, or 0, which writers use for "none".</summary>
    public int? Positive(string field) => Optional(field) is { } value and > 0 ? value : null;

    /// <summary>True or false for each layer; null when the file does not say.</summary>
    public IReadOnlyList<bool>? Pattern(string field)
    {
        if (metadata.Find(Key(field)) is not { Type: GgufType.Array } value)
            return null;
        return value.Wholes is { } items && items.Count == Layers
            ? [.. items.Select(item => item != 0)]
            : throw metadata.Wrong(Key(field), value.ToString(), $"one truth value for each of {Layers} layers");
    }

    public int RequiredEveryLayer(string field) =>
        EveryLayer(field) is { } value and > 0
            ? value
            : throw metadata.Wrong(Key(field), metadata.Find(Key(field))?.ToString() ?? "missing", "a positive number");

    /// <summary>The type of most weights that are not quantized; llama.cpp computes in 16 bit otherwise.</summary>
    public string DataType =>
        tensors["token_embd.weight"].Format switch
        {
            var format when format == BlockFormats.Fp32 => "float32",
            var format when format == BlockFormats.Bf16 => "bfloat16",
            _ => "float16",
        };

    private int? EveryLayer(string field) => metadata.SizeOfEveryLayer(Key(field), Layers);

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
        if (seen.Count == Layers && seen.All(block => block < Layers))
            return;
        var found = seen.Count == 0 ? "no blk.N tensors" : $"tensors of {seen.Count} blocks up to blk.{seen.Max()}";
        throw metadata.Wrong(Key("block_count"), $"{Layers}, but {found}", "tensors for each of the blocks");
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
            throw metadata.Wrong(Key("vocab_size"), $"{size}", $"{rows}, as token_embd.weight has");
        return (int)rows;
    }

    private int? CheckHeadSize()
    {
        var key = Positive("attention.key_length");
        var value = Positive("attention.value_length");
        if ((key, value) is ({ } keySize, { } valueSize) && keySize != valueSize)
            throw metadata.Wrong(Key("attention.value_length"), $"{valueSize}", $"key_length {keySize}");
        if (key is null && value is not null)
            throw metadata.Wrong(Key("attention.key_length"), "missing", $"value_length {value}");
        return key;
    }
}
