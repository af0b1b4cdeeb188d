using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization.Tokenization;

/// <summary>Reads the tokenizer that a GGUF file carries in its metadata.</summary>
/// <remarks>Keys: docs/gguf.md of ggml-org/ggml, section "Tokenizer".</remarks>
internal static class GgufTokenizer
{
    private const string Tokens = "tokenizer.ggml.tokens";
    private const string Merges = "tokenizer.ggml.merges";
    private const string Scores = "tokenizer.ggml.scores";
    private const string Types = "tokenizer.ggml.token_type";

    /// <exception cref="BadContentException">Not sound, or a tokenizer of a kind that is not read.</exception>
    public static Tokenizer Read(string path)
    {
        var metadata = GgufHeader.Read(path).Metadata;
        var lists = GgufLists.Read(path, [Tokens, Merges, Scores, Types]);
        var texts = lists.Texts(Tokens) ?? throw metadata.Wrong(Tokens, "missing", "the pieces of a vocabulary");
        var types = lists.Numbers(Types) ?? [.. texts.Select(_ => (double)ScoredPiece.Normal)];
        if (types.Length != texts.Length)
            throw metadata.Wrong(Types, $"{types.Length} entries", $"{texts.Length}, one for each token");
        int? begin = metadata.Size("tokenizer.ggml.bos_token_id");
        if (begin >= texts.Length)
            throw metadata.Wrong("tokenizer.ggml.bos_token_id", $"{begin}", $"one of {texts.Length} tokens");
        var kind = metadata.Text("tokenizer.ggml.model") ?? "none";
        var addsBegin = metadata.Find("tokenizer.ggml.add_bos_token")?.Whole is { } whole
            ? whole != 0
            : kind == "llama";
        if (!addsBegin)
            begin = null;
        return kind switch
        {
            "gpt2" => ByteLevel(metadata, lists, texts, types, begin),
            "llama" => Scored(metadata, lists, texts, types, begin),
            _ => throw metadata.Wrong("tokenizer.ggml.model", FileText.Quote(kind), "gpt2 or llama"),
        };
    }

    private static Tokenizer Scored(
        GgufMetadata metadata,
        GgufLists lists,
        ImmutableArray<string> texts,
        ImmutableArray<double> types,
        int? begin
    )
    {
        if (lists.Numbers(Scores) is not { } scores || scores.Length != texts.Length)
            throw metadata.Wrong(Scores, "missing or of another length", $"{texts.Length}, one for each token");
        var pieces = texts.Select((text, token) => new ScoredPiece(text, (float)scores[token], (int)types[token]));
        var prefix = metadata.Find("tokenizer.ggml.add_space_prefix")?.Whole is not 0;
        return ScoredPieces.Build([.. pieces], prefix, begin, metadata.File);
    }

    private static Tokenizer ByteLevel(
        GgufMetadata metadata,
        GgufLists lists,
        ImmutableArray<string> texts,
        ImmutableArray<double> types,
        int? begin
    )
    {
        var name = metadata.Text("tokenizer.ggml.pre") ?? "none";
        var pattern =
            KnownPatterns.OfGguf(name)
            ?? throw metadata.Wrong("tokenizer.ggml.pre", FileText.Quote(name), "gpt-2, llama-bpe or qwen2");
        var tokens = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var token = 0; token < texts.Length; token++)
        {
            if (!tokens.TryAdd(texts[token], token))
                throw metadata.Wrong(Tokens, $"{FileText.Quote(texts[token])} for the second time", "each once");
        }
        var model = new MergeModel(new Vocabulary(tokens)) { PrefersWholePieces = pattern == KnownPatterns.Llama3 };
        var merges = lists.Texts(Merges) ?? throw metadata.Wrong(Merges, "missing", "a list of merges");
        for (var rank = 0; rank < merges.Length; rank++)
            VocabularyFiles.AddMerge(
                model,
                merges[rank].Split(' '),
                rank,
                metadata.File,
                $"metadata \"{Merges}\" {rank}"
            );
        var added = texts
            .Select(
                (text, token) => new AddedToken(token, text, types[token] is ScoredPiece.Control or ScoredPiece.Unknown)
            )
            .Where(token =>
                types[token.Token] is ScoredPiece.Control or ScoredPiece.UserDefined or ScoredPiece.Unknown
            );
        var steps = new TextSteps { IsByteLevel = true, Patterns = [new RunePattern(pattern, metadata.File)] };
        ImmutableArray<int> before = begin is { } first ? [first] : [];
        return new Tokenizer(model, new AddedTokens(added), steps, before, []);
    }
}
