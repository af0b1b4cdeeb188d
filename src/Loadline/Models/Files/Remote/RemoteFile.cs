using System.Net;
using System.Net.Http.Headers;

namespace Loadline.Models;

/// <summary>
/// A file on a hub, read by ranges. From a server that does not do ranges it is read from its beginning as far as
/// needed, and the rest is never asked for.
/// </summary>
internal sealed class RemoteFile : IDisposable
{
    /// <summary>Holds most headers whole, and costs hardly more time than eight bytes.</summary>
    public const int FirstBytes = 1 << 18;

    private readonly HubClient client;
    private RemoteBody? body;

    private RemoteFile(HubClient client, Uri url)
    {
        this.client = client;
        Url = url;
    }

    public Uri Url { get; }

    /// <summary>Bytes of the whole file.</summary>
    public long Length { get; private set; } = -1;

    /// <summary>Asks for the beginning of a file, and learns its length.</summary>
    /// <exception cref="HubException">It cannot be read.</exception>
    public static Task<RemoteFile> OpenAsync(HubClient client, Uri url, CancellationToken cancellationToken) =>
        client.AskAsync(
            url,
            async silence =>
            {
                var file = new RemoteFile(client, url);
                file.body = await file.RequestAsync(0, FirstBytes, silence).ConfigureAwait(false);
                return file;
            },
            cancellationToken
        );

    /// <summary>Fills the whole of <paramref name="into"/>, going on where a connection broke.</summary>
    /// <exception cref="HubException">It cannot be read.</exception>
    public async Task ReadAsync(long offset, Memory<byte> into, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(into.Length, Length - offset);
        var done = 0;
        await client
            .AskAsync(
                Url,
                async silence =>
                {
                    try
                    {
                        while (done < into.Length)
                            done += await ReadSomeAsync(offset + done, into[done..], silence).ConfigureAwait(false);
                        return done;
                    }
                    catch
                    {
                        Dispose();
                        throw;
                    }
                },
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    /// <summary>Drops the connection; what was not read of the file is not downloaded.</summary>
    public void Dispose()
    {
        body?.Dispose();
        body = null;
    }

    private async Task<int> ReadSomeAsync(long offset, Memory<byte> into, SilenceTimer silence)
    {
        if (body is null || !body.Reaches(offset))
        {
            Dispose();
            body = await RequestAsync(offset, into.Length, silence).ConfigureAwait(false);
        }
        return await body.ReadAsync(offset, into, silence).ConfigureAwait(false);
    }

    private async Task<RemoteBody> RequestAsync(long offset, int count, SilenceTimer silence)
    {
        var last = offset + count - 1;
        var reply = await client.SendAsync(Url, new RangeHeaderValue(offset, last), silence).ConfigureAwait(false);
        try
        {
            var (from, end, length) = RangeOf(reply.Message, offset, last);
            if (Length >= 0 && Length != length)
                throw Unusable($"was {Length} bytes long and is now {length}");
            Length = length;
            var stream = await reply.Message.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
            return new RemoteBody(client, Url, reply, stream) { Position = from, End = end };
        }
        catch
        {
            reply.Dispose();
            throw;
        }
    }

    /// <summary>Where the body begins and ends in the file, and how long the file is.</summary>
    private (long From, long End, long Length) RangeOf(HttpResponseMessage message, long offset, long last)
    {
        var range = message.Content.Headers.ContentRange;
        // Of an empty file there is no range at all.
        if (message.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            return range?.Length == 0 ? (0, 0, 0) : throw Unusable($"has no bytes {offset}-{last}");

        var size = message.Content.Headers.ContentLength;
        if (message.StatusCode == HttpStatusCode.OK)
            return size is { } whole ? (0, whole, whole) : throw Unusable("does not say how long it is");
        if (range is not { Unit: "bytes", From: { } from, To: { } to, Length: { } length })
            throw Unusable($"asked for bytes {offset}-{last}, answers \"{range}\"");
        // Fewer bytes than asked for are allowed, other bytes are not.
        if (from != offset || to > last || to >= length || (size is { } stated && stated != to - from + 1))
            throw Unusable($"asked for bytes {offset}-{last}, answers \"{range}\" in {size} bytes");
        return (from, to + 1, length);
    }

    private HubException Unusable(string what) => new(Url, HubFailure.Unusable, what);
}
