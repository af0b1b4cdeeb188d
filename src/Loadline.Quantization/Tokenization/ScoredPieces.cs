using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization.Tokenization;

/// <summary>A piece of SentencePiece, or of a GGUF file that has its vocabulary.</summary>
internal readonly record struct ScoredPiece(string Text, float Score, int Type)
{
    /// <summary>The numbers that sentencepiece_model.proto and GGUF give them.</summary>
    public const int Normal = 1;
    public const int Unknown = 2;
    public const int Control = 3;
    public const int UserDefined = 4;
    public const int Unused = 5;
    public const int Byte = 6;
}

/// <summary>Tokenizers whose merges are the pieces themselves, the best score first.</summary>
internal static class ScoredPieces
{
    public static Tokenizer Build(IReadOnlyList<ScoredPiece> pieces, bool prefix, int? begin, string file)
    {
        var tokens = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var token = 0; token < pieces.Count; token++)
        {
            if (!tokens.TryAdd(pieces[token].Text, token))
                throw new BadContentException(file, $"piece {token}", FileText.Quote(pieces[token].Text), "each once");
        }
        if (begin >= pieces.Count)
            throw new BadContentException(file, "bos_id", $"{begin}", $"one of {pieces.Count} pieces");
        var unknown = pieces.ToList().FindIndex(piece => piece.Type == ScoredPiece.Unknown);
        var model = new MergeModel(new Vocabulary(tokens))
        {
            HasByteFallback = pieces.Any(piece => piece.Type == ScoredPiece.Byte),
            FusesUnknown = true,
            Unknown = unknown >= 0 ? unknown : null,
            Score = token => pieces[token].Type == ScoredPiece.Normal ? pieces[token].Score : null,
        };
        var added = pieces
            .Select((piece, token) => (piece, token))
            .Where(pair => pair.piece.Type is ScoredPiece.Control or ScoredPiece.UserDefined or ScoredPiece.Unknown)
            .Select(pair => new AddedToken(
                pair.token,
                pair.piece.Text.Replace(TextSteps.Metaspace, " ", StringComparison.Ordinal),
                pair.piece.Type != ScoredPiece.UserDefined
            ));
        var steps = new TextSteps
        {
            Replacements = [(" ", TextSteps.Metaspace)],
            Prefix = prefix ? TextSteps.Metaspace : "",
            PrefixesFirstOnly = true,
            StripsSpace = prefix,
        };
        ImmutableArray<int> before = begin is { } first ? [first] : [];
        return new Tokenizer(model, new AddedTokens(added), steps, before, []);
    }
}
