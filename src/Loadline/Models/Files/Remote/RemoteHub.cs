namespace Loadline.Models;

/// <summary>How far the reading of a model has come.</summary>
/// <param name="Read">Files whose header is read.</param>
/// <param name="Total">Files of the model.</param>
public readonly record struct HeaderProgress(int Read, int Total);

/// <summary>
/// Reads models from a Hugging Face hub over HTTPS: configurations and file headers, by ranges, never the weights.
/// </summary>
/// <remarks>https://huggingface.co/docs/hub/api, https://www.rfc-editor.org/rfc/rfc9110#name-range-requests</remarks>
public sealed class RemoteHub : IDisposable
{
    private readonly HttpMessageInvoker invoker;
    private readonly RemoteHubOptions options;

    /// <param name="handler">Must not follow redirects by itself, or the token may follow them.</param>
    /// <param name="options">Which hub, as whom, and for how long.</param>
    public RemoteHub(HttpMessageHandler handler, RemoteHubOptions options)
    {
        invoker = new HttpMessageInvoker(handler);
        this.options = options;
    }

    public Uri Endpoint => options.Endpoint;

    /// <summary>A hub over the network of this machine, through its proxy where it has one.</summary>
    public static RemoteHub Connect(RemoteHubOptions options) => new(CreateHandler(options.Endpoint), options);

    /// <param name="id"><c>org/name</c>, or with a GGUF file after a colon, see <see cref="HubReference"/>.</param>
    /// <param name="revision">A branch, tag or commit.</param>
    /// <param name="cancellationToken">Stops it at any time.</param>
    /// <exception cref="HubException">The hub could not be read.</exception>
    /// <exception cref="BadContentException">What it has is not a model, or not a sound one.</exception>
    public Task<Model> ReadAsync(string id, string revision = "main", CancellationToken cancellationToken = default) =>
        ReadAsync(id, revision, progress: null, cancellationToken);

    /// <inheritdoc cref="ReadAsync(string, string, CancellationToken)"/>
    public async Task<Model> ReadAsync(
        string id,
        string revision,
        IProgress<HeaderProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        if (HubReference.TryParse(id) is not { } reference)
            throw new BadContentException(FileText.Quote(id), "", "no hub id", "org/name or org/name:file.gguf");
        if (!HubCache.IsName(revision))
            throw new BadContentException(FileText.Quote(revision), "", "no revision", "a branch, tag or commit");

        using var deadline = new CancellationTokenSource(options.OverallTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var address = new HubAddress(options.Endpoint, reference.Id, revision);
        var model = new RemoteModel(new HubClient(invoker, options), reference, address, progress);
        try
        {
            return await model.ReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var what = $"not read after {options.OverallTimeout.TotalMinutes} minutes";
            throw new HubException(address.Model, HubFailure.Unavailable, what);
        }
    }

    public void Dispose() => invoker.Dispose();

    private static SocketsHttpHandler CreateHandler(Uri endpoint) =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // A proxy does not know what runs on this machine.
            UseProxy = !endpoint.IsLoopback,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            // An answer that is longer than its header is dropped with its connection, not downloaded.
            MaxResponseDrainSize = 0,
            MaxResponseHeadersLength = 64,
        };
}
