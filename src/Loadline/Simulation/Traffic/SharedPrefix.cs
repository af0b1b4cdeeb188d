namespace Loadline.Simulation;

/// <summary>
/// What prompts begin with, in front of their own tokens: a system prompt, or one for each of several groups of users.
/// </summary>
public sealed record SharedPrefix
{
    /// <param name="tokens">Of each.</param>
    /// <param name="groups">How many different ones; each request or session belongs to one of them by chance.</param>
    public SharedPrefix(int tokens, int groups = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, TraceRows.MostTokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        Tokens = tokens;
        Groups = groups;
    }

    public int Tokens { get; }

    public int Groups { get; }

    internal int GroupOf(ulong seed, long index) =>
        (int)(new CounterRandom(seed, (ulong)TrafficStream.Groups).Uniform(index) * Groups);
}
