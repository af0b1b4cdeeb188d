namespace Loadline.Quantization.Tokenization;

/// <summary>The pieces of a tokenizer and their numbers.</summary>
internal sealed class Vocabulary
{
    /// <summary>Ten times the largest there are; a number beyond it is a broken file.</summary>
    public const int MostTokens = 4_000_000;

    private readonly Dictionary<string, int> tokens;
    private readonly string?[] pieces;

    /// <param name="tokens">Numbers from 0 to <see cref="MostTokens"/>.</param>
    public Vocabulary(Dictionary<string, int> tokens)
    {
        this.tokens = tokens;
        pieces = new string?[tokens.Count == 0 ? 0 : tokens.Values.Max() + 1];
        foreach (var (piece, token) in tokens)
            pieces[token] = piece;
    }

    public int Size => pieces.Length;

    public int? Find(string piece) => tokens.TryGetValue(piece, out var token) ? token : null;

    public string? Find(int token) => (uint)token < (uint)pieces.Length ? pieces[token] : null;
}
