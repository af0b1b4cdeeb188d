namespace Loadline.Models;

/// <summary>Why a hub did not give what was asked of it.</summary>
public enum HubFailure
{
    /// <summary>No connection: no network, no such host, nobody who listens.</summary>
    Unreachable,

    /// <summary>No such model, revision or file, or none that a stranger may know of.</summary>
    NotFound,

    /// <summary>It is there, but not for us.</summary>
    Refused,

    /// <summary>Busy, broken or silent; the same question may be answered later.</summary>
    Unavailable,

    /// <summary>An answer that does not fit the question, such as another range than the one asked for.</summary>
    Unusable,
}

/// <summary>A hub that could not be read. One line: the address, and what went wrong.</summary>
/// <param name="url">What was asked for, before any redirect: the targets of redirects carry signatures.</param>
/// <param name="reason">What a caller can act on.</param>
/// <param name="what">What went wrong, in words.</param>
public sealed class HubException(Uri url, HubFailure reason, string what)
    : IOException($"{url}: {what}".ReplaceLineEndings(" "))
{
    public Uri Url { get; } = url;

    public HubFailure Reason { get; } = reason;

    public string What { get; } = what.ReplaceLineEndings(" ");

    /// <summary>How long the server wants to be left alone; null when it does not say.</summary>
    internal TimeSpan? RetryAfter { get; init; }
}
