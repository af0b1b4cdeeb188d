namespace Loadline.Catalog;

/// <summary>How an engine mixes prompts with the decoding of others.</summary>
public sealed record EngineScheduling
{
    /// <summary>
    /// Share of the prompts of others that a request of a closed loop waits for before its first token; the rest
    /// lengthens the steps between its later ones. Requests that start together and whose prompts all run before any
    /// of them decodes wait for half, those at random phases for next to none.
    /// </summary>
    public double QueuedPrefillShare { get; init; } = 0.13;
}
