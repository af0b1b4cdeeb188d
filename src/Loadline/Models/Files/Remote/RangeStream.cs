namespace Loadline.Models;

/// <summary>
/// A remote file as a stream for readers that walk a header from front to back: one window of it is kept, and each
/// next one is twice as long, so that a header of ten megabytes takes half a dozen requests.
/// </summary>
/// <remarks>Reading blocks. It belongs on a thread of its own.</remarks>
internal sealed class RangeStream(RemoteFile file, CancellationToken cancellationToken) : Stream
{
    private const int LargestWindow = 1 << 22;

    private byte[] window = [];
    private long start;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => file.Length;

    public override long Position { get; set; }

    private long End => start + window.Length;

    public override int Read(Span<byte> buffer)
    {
        if (Position >= Length || buffer.IsEmpty)
            return 0;
        if (Position < start || Position >= End)
            Fetch();
        var available = window.AsSpan((int)(Position - start));
        var count = Math.Min(available.Length, buffer.Length);
        available[..count].CopyTo(buffer);
        Position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin)
    {
        var from =
            origin == SeekOrigin.Begin ? 0
            : origin == SeekOrigin.Current ? Position
            : Length;
        ArgumentOutOfRangeException.ThrowIfNegative(from + offset, nameof(offset));
        return Position = from + offset;
    }

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Fetch()
    {
        // Stepping over one long value is still walking; after a longer step the walk begins anew.
        var goesOn = window.Length > 0 && Position >= End && Position - End < window.Length;
        var size = goesOn ? Math.Min(2 * window.Length, LargestWindow) : RemoteFile.FirstBytes;
        var next = new byte[Math.Min(size, Length - Position)];
        file.ReadAsync(Position, next, cancellationToken).GetAwaiter().GetResult();
        (window, start) = (next, Position);
    }
}
