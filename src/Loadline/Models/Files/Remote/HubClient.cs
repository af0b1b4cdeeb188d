using System.Net.Http.Headers;

namespace Loadline.Models;

/// <summary>An answer of the hub, or of the store it sent us to, whose body is yet to be read.</summary>
/// <param name="Message">Of status 200, 206 or 416.</param>
/// <param name="Commit">What the branch stood for when the hub answered; null when it did not say.</param>
internal sealed record HubReply(HttpResponseMessage Message, string? Commit) : IDisposable
{
    public void Dispose() => Message.Dispose();
}

/// <summary>Asks the hub on behalf of one model: redirects, the token, pauses and second attempts, and the budget.</summary>
internal sealed class HubClient(HttpMessageInvoker invoker, RemoteHubOptions options)
{
    private const int MostRedirects = 5;

    private long transferred;

    /// <summary>Puts a question until it is answered or the policy gives up.</summary>
    /// <exception cref="HubException">It was not answered.</exception>
    public async Task<T> AskAsync<T>(Uri url, Func<SilenceTimer, Task<T>> attempt, CancellationToken cancellationToken)
    {
        for (var failures = 1; ; failures++)
        {
            HubException failure;
            using (var silence = new SilenceTimer(options.SilenceTimeout, options.Time, cancellationToken))
            {
                try
                {
                    return await attempt(silence).ConfigureAwait(false);
                }
                catch (Exception exception)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (FailureOf(exception, url, silence) is not { } known)
                        throw;
                    failure = known;
                }
            }
            if (failure.Reason != HubFailure.Unavailable)
                throw failure;
            if (options.Retry.PauseAfter(failures, failure.RetryAfter) is not { } pause)
                throw failures == 1 ? failure : new(url, failure.Reason, $"{failure.What}, asked {failures} times");
            await Task.Delay(pause, options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One attempt, followed through redirects.</summary>
    /// <exception cref="HubException">Any answer but 200, 206 and 416.</exception>
    public async Task<HubReply> SendAsync(Uri url, RangeHeaderValue? range, SilenceTimer silence)
    {
        var target = url;
        string? commit = null;
        for (var hops = 0; hops <= MostRedirects; hops++)
        {
            var message = await SendOnceAsync(url, target, range, silence).ConfigureAwait(false);
            silence.Heard();
            if (IsOwn(target))
                commit ??= HubStatus.Header(message, "X-Repo-Commit");
            if (!HubStatus.IsRedirect(message.StatusCode))
                return Accepted(new HubReply(message, commit), url, target);
            using (message)
                target = TargetOf(message, url, target);
        }
        throw new HubException(url, HubFailure.Unusable, $"redirected more than {MostRedirects} times");
    }

    /// <summary>Reads a whole small file.</summary>
    /// <exception cref="BadContentException">It is larger than that.</exception>
    public Task<(byte[] Bytes, string? Commit)> ReadWholeAsync(
        Uri url,
        long largest,
        CancellationToken cancellationToken
    ) =>
        AskAsync(
            url,
            async silence =>
            {
                using var reply = await SendAsync(url, range: null, silence).ConfigureAwait(false);
                if (reply.Message.Content.Headers.ContentLength > largest)
                    throw TooLarge(url, $"{reply.Message.Content.Headers.ContentLength} bytes", largest);
                using var whole = new MemoryStream();
                using var body = await reply.Message.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
                var buffer = new byte[1 << 16];
                while (await body.ReadAsync(buffer, silence.Token).ConfigureAwait(false) is > 0 and var read)
                {
                    silence.Heard();
                    Count(read, url);
                    // The server may not have said how long it is.
                    if (whole.Length + read > largest)
                        throw TooLarge(url, "more", largest);
                    whole.Write(buffer, 0, read);
                }
                return (whole.ToArray(), reply.Commit);
            },
            cancellationToken
        );

    /// <summary>Every byte of a body counts, the ones read only to get past them too.</summary>
    public void Count(int bytes, Uri url)
    {
        var most = options.LargestTransfer.Bytes;
        if (Interlocked.Add(ref transferred, bytes) > most)
            throw TooLarge(url, $"headers of more than {most} bytes, with the other files of the model", most);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        Uri url,
        Uri target,
        RangeHeaderValue? range,
        SilenceTimer silence
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target);
        request.Headers.Range = range;
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("loadline", "0.1"));
        // Ranges of compressed bytes would be ranges of something else.
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        if (options.Token is { } token && IsOwn(target))
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            return await invoker.SendAsync(request, silence.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (!IsOwn(target))
        {
            var what = $"redirected to {target.Host}, which cannot be read: {exception.Message}";
            throw new HubException(url, HubFailure.Unavailable, what);
        }
    }

    private HubReply Accepted(HubReply reply, Uri url, Uri target)
    {
        var failure = HubStatus.FailureOf(url, target, IsOwn(target), reply.Message, options.Time.GetUtcNow());
        if (failure is null)
            return reply;
        reply.Dispose();
        throw failure;
    }

    private Uri TargetOf(HttpResponseMessage message, Uri url, Uri from)
    {
        // As written: an absolute path would otherwise be taken for a local file on some systems.
        var location = message.Headers.Location?.OriginalString;
        if (location is null || !Uri.TryCreate(from, location, out var target))
            throw new HubException(url, HubFailure.Unusable, "redirected to no address");
        var isSafe =
            target.Scheme == Uri.UriSchemeHttps
            || (target.Scheme == Uri.UriSchemeHttp && options.Endpoint.Scheme == Uri.UriSchemeHttp);
        return isSafe
            ? target
            : throw new HubException(url, HubFailure.Unusable, $"redirected from https to {target.Scheme}");
    }

    private bool IsOwn(Uri target) =>
        Uri.Compare(
            target,
            options.Endpoint,
            UriComponents.SchemeAndServer,
            UriFormat.SafeUnescaped,
            StringComparison.OrdinalIgnoreCase
        ) == 0;

    /// <summary>Null for what is not the network's doing.</summary>
    private HubException? FailureOf(Exception exception, Uri url, SilenceTimer silence) =>
        exception switch
        {
            HubException known => known,
            OperationCanceledException when silence.IsUp => new HubException(
                url,
                HubFailure.Unavailable,
                $"no answer for {options.SilenceTimeout.TotalSeconds} s"
            ),
            OperationCanceledException => new HubException(url, HubFailure.Unreachable, "no connection in time"),
            HttpRequestException request => new HubException(url, HubStatus.ReasonOf(request), request.Message),
            IOException broken => new HubException(url, HubFailure.Unavailable, broken.Message),
            _ => null,
        };

    private static BadContentException TooLarge(Uri url, string found, long most) =>
        new($"{url}", "", found, $"at most {most} bytes");
}
