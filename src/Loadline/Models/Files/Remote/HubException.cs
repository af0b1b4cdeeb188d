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
public sealed class HubException(Uri url, HubFailure reason, string what) : IOException($"{url}: {OneLine(what)}")
{
    public Uri Url { get; } = url;

    public HubFailure Reason { get; } = reason;

    public string What { get; } = OneLine(what);

    /// <summary>How long the server wants to be left alone; null when it does not say.</summary>
    internal TimeSpan? RetryAfter { get; init; }

    /// <summary>Part of it may be a server's own words, which must not steer the terminal.</summary>
    private static string OneLine(string text) =>
        string.Create(
            text.Length,
            text,
            (line, source) =>
            {
                for (var i = 0; i < line.Length; i++)
                    line[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        );
}
