using System.Collections.Immutable;
using Loadline.Quantization.Tokenization;

namespace Loadline.Quantization.Evaluation;

/// <summary>A text cut into windows that a model reads one by one, each from its own beginning.</summary>
/// <remarks>
/// Windows do not overlap. Each begins with what the tokenizer puts before a text, where it puts something, and every token
/// but the first of a window is predicted. llama.cpp scores the second half of each window only, so its figures are lower.
/// </remarks>
public sealed class EvaluationText
{
    public const int DefaultContext = 512;

    /// <summary>Fewer tokens say nothing with a number behind the point.</summary>
    private const int FewestTokens = 64;

    private EvaluationText(string name, ImmutableArray<int[]> windows)
    {
        Name = name;
        Windows = windows;
    }

    /// <summary>The file it was read from.</summary>
    public string Name { get; }

    public ImmutableArray<int[]> Windows { get; }

    /// <summary>Tokens that are predicted.</summary>
    public int Tokens => Windows.Sum(window => window.Length - 1);

    /// <param name="path">A text in UTF-8.</param>
    /// <param name="tokenizer">Of the model.</param>
    /// <param name="context">Tokens of a window.</param>
    /// <exception cref="BadContentException">Too short to measure with.</exception>
    public static EvaluationText Read(string path, Tokenizer tokenizer, int context) =>
        Of(path, File.ReadAllText(path), tokenizer, context);

    /// <inheritdoc cref="Read"/>
    public static EvaluationText Of(string name, string text, Tokenizer tokenizer, int context)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 2);
        var beginning = tokenizer.Beginning;
        var room = context - beginning.Length;
        var tokens = tokenizer.Encode(text, addSpecial: false);
        if (room < 1)
            throw new BadContentException(
                "--context",
                "",
                $"{context} tokens",
                $"more than the {beginning.Length} that begin a text"
            );
        if (tokens.Length < FewestTokens)
            throw new BadContentException(name, "", $"{tokens.Length} tokens", $"a text of {FewestTokens} or more");
        var windows = ImmutableArray.CreateBuilder<int[]>();
        for (var at = 0; at < tokens.Length; at += room)
        {
            int[] window = [.. beginning, .. tokens.AsSpan(at, Math.Min(room, tokens.Length - at))];
            if (window.Length > 1)
                windows.Add(window);
        }
        return new EvaluationText(name, windows.ToImmutable());
    }
}
