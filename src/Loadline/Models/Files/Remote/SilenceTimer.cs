namespace Loadline.Models;

/// <summary>Gives up on a server that says nothing for too long, however long it takes while it still speaks.</summary>
internal sealed class SilenceTimer : IDisposable
{
    private readonly TimeSpan longest;
    private readonly CancellationTokenSource silence;
    private readonly CancellationTokenSource either;

    public SilenceTimer(TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        this.longest = longest;
        silence = new CancellationTokenSource(longest, time);
        either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
    }

    /// <summary>Cancelled by the caller's own token too.</summary>
    public CancellationToken Token => either.Token;

    public bool IsUp => silence.IsCancellationRequested;

    public void Heard() => silence.CancelAfter(longest);

    public void Dispose()
    {
        either.Dispose();
        silence.Dispose();
    }
}
