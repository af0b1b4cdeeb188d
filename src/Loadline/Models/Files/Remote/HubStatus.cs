using System.Net;

namespace Loadline.Models;

/// <summary>What the statuses and headers of a hub's answers mean.</summary>
internal static class HubStatus
{
    private const string Gated = "GatedRepo";
    private const string NoModel = "RepoNotFound";
    private const string NoRevision = "RevisionNotFound";

    public static bool IsRedirect(HttpStatusCode status) =>
        status
            is HttpStatusCode.MovedPermanently
                or HttpStatusCode.Found
                or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect
                or HttpStatusCode.PermanentRedirect;

    public static string? Header(HttpResponseMessage message, string name) =>
        message.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    /// <param name="url">What was asked for.</param>
    /// <param name="target">Who answered, after redirects.</param>
    /// <param name="isOwn">Whether that is the hub itself.</param>
    /// <param name="message">The answer.</param>
    /// <param name="now">For a Retry-After that names a date.</param>
    /// <returns>Null when the answer can be read.</returns>
    public static HubException? FailureOf(
        Uri url,
        Uri target,
        bool isOwn,
        HttpResponseMessage message,
        DateTimeOffset now
    )
    {
        var status = message.StatusCode;
        var line = $"{(int)status} {message.ReasonPhrase}".Trim();
        if (status is HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            // A range of compressed bytes is of no use, and nothing here was asked to be compressed.
            return message.Content.Headers.ContentEncoding.All(encoding => encoding == "identity")
                ? null
                : new HubException(url, HubFailure.Unusable, "compressed, though that was not asked for");
        }
        if (IsTransient(status))
        {
            var wait = RetryAfter(message, now);
            var what = wait is { } asked ? $"{line}, wants a pause of {asked.TotalSeconds:F0} s" : line;
            return new HubException(url, HubFailure.Unavailable, what) { RetryAfter = wait };
        }
        // A file store says no to a signature that has run out; the next attempt brings a new one.
        if (!isOwn)
            return new HubException(url, HubFailure.Unavailable, $"redirected to {target.Host}, which answers {line}");
        return Answer(url, line, status, Header(message, "X-Error-Code"));
    }

    /// <summary>Whether a request that got no answer at all did not even get a connection.</summary>
    public static HubFailure ReasonOf(HttpRequestException exception) =>
        exception.HttpRequestError
            is HttpRequestError.NameResolutionError
                or HttpRequestError.ConnectionError
                or HttpRequestError.SecureConnectionError
                or HttpRequestError.ProxyTunnelError
            ? HubFailure.Unreachable
            : HubFailure.Unavailable;

    private static HubException Answer(Uri url, string line, HttpStatusCode status, string? code)
    {
        // To a stranger, the hub does not tell a model that is not there from one that is private.
        if (code == NoModel)
            return new(url, HubFailure.NotFound, $"{line}: no such model, or a private one, which needs HF_TOKEN");
        if (code == NoRevision)
            return new(url, HubFailure.NotFound, $"{line}: no such revision");
        if (status == HttpStatusCode.NotFound)
            return new(url, HubFailure.NotFound, $"{line}: no such model or file");
        const string Needed = "which needs HF_TOKEN of an account that has accepted its licence";
        if (code == Gated || status == HttpStatusCode.Forbidden)
            return new(url, HubFailure.Refused, $"{line}: a gated or private model, {Needed}");
        if (status == HttpStatusCode.Unauthorized)
            return new(url, HubFailure.Refused, $"{line}: no such model, or a gated or private one, {Needed}");
        return new(url, HubFailure.Unusable, line);
    }

    private static bool IsTransient(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)status >= 500;

    private static TimeSpan? RetryAfter(HttpResponseMessage message, DateTimeOffset now)
    {
        if (message.Headers.RetryAfter is not { } asked)
            return null;
        var wait = asked.Delta ?? asked.Date - now ?? TimeSpan.Zero;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }
}
