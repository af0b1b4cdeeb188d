using System.Collections.Immutable;

namespace Loadline.Simulation;

/// <summary>A request as it reaches the system.</summary>
/// <param name="Seconds">When it arrives, counted from the start.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="OutputTokens">Tokens of the answer; 0 only computes the prompt.</param>
public readonly record struct Arrival(double Seconds, int PromptTokens, int OutputTokens)
{
    /// <summary>What of the prompt other requests may have left in the cache; null when it is like no other.</summary>
    public PromptContent? Content { get; init; }

    /// <summary>Lower numbers go first where the engine minds; requests of one number in the order of their arrival.</summary>
    public int Priority { get; init; }
}

/// <summary>A run of prompt tokens that other prompts may begin with as well.</summary>
/// <param name="Id">Names the tokens together with all that come before them, as the hash of a prefix does.</param>
/// <param name="Tokens">How many they are.</param>
public readonly record struct ContentPiece(long Id, int Tokens);

/// <summary>
/// What a prompt begins with, piece by piece, and by what name a later prompt refers to its answer. Prompts that share
/// their first pieces share the cache of them. What the pieces leave of a prompt is like no other.
/// </summary>
/// <param name="pieces">From the first token on; together at most the prompt.</param>
/// <param name="answer">Name of prompt and answer together, where a later prompt continues them.</param>
public sealed class PromptContent(ImmutableArray<ContentPiece> pieces, long? answer = null)
{
    public ImmutableArray<ContentPiece> Pieces { get; } = pieces;

    public long? Answer { get; } = answer;

    public int Tokens { get; } = pieces.Sum(piece => piece.Tokens);
}
