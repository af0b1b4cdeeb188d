using System.Text;

namespace Loadline.Quantization.Tokenization;

/// <summary>A token that is found in the text before anything else is done to it.</summary>
/// <param name="Token">Its number.</param>
/// <param name="Text">What stands for it in a text.</param>
/// <param name="IsSpecial">True when it is no text, such as the beginning of one.</param>
internal sealed record AddedToken(int Token, string Text, bool IsSpecial)
{
    /// <summary>White space before it belongs to it.</summary>
    public bool StripsLeft { get; init; }

    /// <summary>White space behind it belongs to it.</summary>
    public bool StripsRight { get; init; }

    /// <summary>Only counts where neither neighbour is a letter or a digit.</summary>
    public bool IsWord { get; init; }
}

/// <summary>All of them; where several begin at the same place, the longest is meant.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<int, AddedToken> byToken = [];
    private readonly Dictionary<char, List<AddedToken>> byFirst = [];

    public AddedTokens(IEnumerable<AddedToken> tokens)
    {
        foreach (var token in tokens.Where(token => token.Text.Length > 0))
        {
            byToken[token.Token] = token;
            if (!byFirst.TryGetValue(token.Text[0], out var list))
                byFirst[token.Text[0]] = list = [];
            list.Add(token);
        }
        foreach (var list in byFirst.Values)
            list.Sort((a, b) => b.Text.Length - a.Text.Length);
        Size = byToken.Count == 0 ? 0 : byToken.Keys.Max() + 1;
    }

    public int Size { get; }

    public AddedToken? Find(int token) => byToken.GetValueOrDefault(token);

    /// <summary>The text between them, and they themselves, in order.</summary>
    public IEnumerable<(string Text, int? Token)> Split(string text)
    {
        var start = 0;
        for (var at = 0; at < text.Length; )
        {
            if (At(text, at) is not { } found)
            {
                at++;
                continue;
            }
            var end = at;
            while (found.StripsLeft && end > start && char.IsWhiteSpace(text[end - 1]))
                end--;
            if (end > start)
                yield return (text[start..end], null);
            yield return (found.Text, found.Token);
            at += found.Text.Length;
            while (found.StripsRight && at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            start = at;
        }
        if (start < text.Length)
            yield return (text[start..], null);
    }

    private AddedToken? At(string text, int at)
    {
        if (!byFirst.TryGetValue(text[at], out var list))
            return null;
        foreach (var token in list)
        {
            var end = at + token.Text.Length;
            if (string.CompareOrdinal(text, at, token.Text, 0, token.Text.Length) != 0)
                continue;
            if (!token.IsWord || (!IsWordAt(text, at - 1) && !IsWordAt(text, end)))
                return token;
        }
        return null;
    }

    private static bool IsWordAt(string text, int at) =>
        at >= 0 && at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] == '_');
}
