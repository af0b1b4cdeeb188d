using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Loadline.Tests.Models.Files.Remote;

/// <param name="Path">With the query, as sent.</param>
/// <param name="From">First byte asked for; null without a range.</param>
/// <param name="Last">Last byte asked for.</param>
/// <param name="Authorization">Null when there is none.</param>
internal sealed record HubRequest(string Path, long? From, long? Last, string? Authorization)
{
    public string File => Path[(Path.LastIndexOf('/') + 1)..];
}

/// <summary>What a server says; every part of it can be a lie.</summary>
internal sealed record HubAnswer(int Status, byte[] Body)
{
    public List<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Bytes after <see cref="Body"/> that are all zero.</summary>
    public long Zeros { get; init; }

    /// <summary>Null leaves the length to be guessed from the end of the connection.</summary>
    public long? ContentLength { get; init; } = -1;

    /// <summary>Bytes after which the connection is closed.</summary>
    public long StopAfter { get; init; } = long.MaxValue;

    public static HubAnswer Of(int status, params (string Name, string Value)[] headers) =>
        new(status, []) { Headers = [.. headers] };
}

/// <summary>A hub on this machine, with one model <c>org/tiny</c>, that counts what it sends.</summary>
internal sealed class HubServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Dictionary<string, (byte[] Bytes, long Length)> files = new(StringComparer.Ordinal);
    private long sent;

    public HubServer()
    {
        listener.Server.SendBufferSize = 1 << 16;
        listener.Start();
        Endpoint = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        _ = AcceptAsync();
    }

    public Uri Endpoint { get; }

    public bool HonoursRanges { get; init; } = true;

    /// <summary>Named in X-Repo-Commit.</summary>
    public string? Commit { get; init; }

    /// <summary>Whether it has the API beside the files.</summary>
    public bool Lists { get; init; } = true;

    /// <summary>Answers instead of the files; null leaves it to them, and a task that never ends leaves it open.</summary>
    public Func<HubRequest, Task<HubAnswer?>> Instead { get; set; } = _ => Task.FromResult<HubAnswer?>(null);

    public ConcurrentQueue<HubRequest> Requests { get; } = [];

    /// <summary>Bytes of bodies.</summary>
    public long Sent => Interlocked.Read(ref sent);

    public HubServer Add(string file, byte[] bytes, long? length = null)
    {
        files[file] = (bytes, length ?? bytes.Length);
        return this;
    }

    public HubServer Add(string file, string text) => Add(file, Encoding.UTF8.GetBytes(text));

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException) { }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var connection = client;
        try
        {
            var stream = client.GetStream();
            if (await ReadRequestAsync(stream) is not { } request)
                return;
            Requests.Enqueue(request);
            var answer = await Instead(request).WaitAsync(stop.Token) ?? AnswerOf(request);
            await WriteAsync(stream, answer);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException) { }
    }

    private async Task<HubRequest?> ReadRequestAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        if (await reader.ReadLineAsync(stop.Token) is not { } first)
            return null;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync(stop.Token) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':');
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }
        var range = headers.GetValueOrDefault("Range")?["bytes=".Length..].Split('-');
        return new HubRequest(
            first.Split(' ')[1],
            range is null ? null : long.Parse(range[0], CultureInfo.InvariantCulture),
            range is null ? null : long.Parse(range[1], CultureInfo.InvariantCulture),
            headers.GetValueOrDefault("Authorization")
        );
    }

    private HubAnswer AnswerOf(HubRequest request)
    {
        var commit = Commit is null ? [] : new List<(string, string)> { ("X-Repo-Commit", Commit) };
        var parts = request.Path.Split('/', 6);
        if (Lists && request.Path.StartsWith("/api/models/org/tiny", StringComparison.Ordinal))
        {
            var siblings = string.Join(", ", files.Keys.Select(file => $$"""{ "rfilename": "{{file}}" }"""));
            var sha = Commit is null ? "null" : $"\"{Commit}\"";
            // As dynamic answers are: of no stated length.
            return new HubAnswer(
                200,
                Encoding.UTF8.GetBytes($$"""{ "id": "org/tiny", "sha": {{sha}}, "siblings": [{{siblings}}] }""")
            )
            {
                ContentLength = null,
            };
        }
        if (parts is not ["", "org", "tiny", "resolve", _, var path])
            return HubAnswer.Of(401, ("X-Error-Code", "RepoNotFound"));
        if (!files.TryGetValue(Uri.UnescapeDataString(path), out var file))
            return HubAnswer.Of(404, ("X-Error-Code", "EntryNotFound"));
        if (!HonoursRanges || request.From is not { } from)
            return new HubAnswer(200, file.Bytes) { Zeros = file.Length - file.Bytes.Length, Headers = commit };
        if (from >= file.Length)
            return HubAnswer.Of(416, ("Content-Range", $"bytes */{file.Length}"));

        var end = Math.Min(request.Last!.Value + 1, file.Length);
        var stored = file.Bytes[(int)Math.Min(from, file.Bytes.Length)..(int)Math.Min(end, file.Bytes.Length)];
        return new HubAnswer(206, stored)
        {
            Zeros = end - from - stored.Length,
            Headers = [.. commit, ("Content-Range", $"bytes {from}-{end - 1}/{file.Length}")],
        };
    }

    private async Task WriteAsync(NetworkStream stream, HubAnswer answer)
    {
        var length = answer.Body.Length + answer.Zeros;
        var head = new StringBuilder($"HTTP/1.1 {answer.Status} {(HttpStatusCode)answer.Status}\r\n");
        if (answer.ContentLength is { } stated)
            head.Append($"Content-Length: {(stated < 0 ? length : stated)}\r\n");
        foreach (var (name, value) in answer.Headers)
            head.Append($"{name}: {value}\r\n");
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(head.Append("Connection: close\r\n\r\n").ToString()),
            stop.Token
        );

        var zeros = new byte[1 << 14];
        for (var at = 0L; at < Math.Min(length, answer.StopAfter); )
        {
            var left = (int)Math.Min(zeros.Length, Math.Min(length, answer.StopAfter) - at);
            var piece =
                at < answer.Body.Length
                    ? answer.Body.AsMemory((int)at, (int)Math.Min(left, answer.Body.Length - at))
                    : zeros.AsMemory(0, left);
            await stream.WriteAsync(piece, stop.Token);
            Interlocked.Add(ref sent, piece.Length);
            at += piece.Length;
        }
    }
}
