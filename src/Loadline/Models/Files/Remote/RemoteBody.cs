namespace Loadline.Models;

/// <summary>The body of an answer: some bytes of a file, or from a server without ranges all of them.</summary>
internal sealed class RemoteBody(HubClient client, Uri url, HubReply reply, Stream stream) : IDisposable
{
    /// <summary>Byte of the file that comes next.</summary>
    public required long Position { get; set; }

    /// <summary>First byte of the file that does not come any more.</summary>
    public required long End { get; init; }

    /// <summary>Bodies only go forward; how far they may is up to the client's budget.</summary>
    public bool Reaches(long offset) => offset >= Position && offset < End;

    /// <summary>Some bytes from a place that the body reaches, at least one.</summary>
    public async Task<int> ReadAsync(long offset, Memory<byte> into, SilenceTimer silence)
    {
        if (offset > Position)
            await SkipAsync(offset, silence).ConfigureAwait(false);
        var most = (int)Math.Min(into.Length, End - Position);
        return await NextAsync(into[..most], silence).ConfigureAwait(false);
    }

    public void Dispose()
    {
        stream.Dispose();
        reply.Dispose();
    }

    private async Task SkipAsync(long offset, SilenceTimer silence)
    {
        var passed = new byte[1 << 16];
        while (Position < offset)
        {
            var most = (int)Math.Min(passed.Length, offset - Position);
            await NextAsync(passed.AsMemory(0, most), silence).ConfigureAwait(false);
        }
    }

    private async Task<int> NextAsync(Memory<byte> into, SilenceTimer silence)
    {
        var read = await stream.ReadAsync(into, silence.Token).ConfigureAwait(false);
        if (read == 0)
            throw new HubException(url, HubFailure.Unavailable, $"ended at byte {Position} instead of {End}");
        silence.Heard();
        client.Count(read, url);
        Position += read;
        return read;
    }
}
