using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Loadline.Models;

/// <summary>
/// Walks a binary header from front to back. Every length is checked against what is left of the file before it is
/// believed, so that a claim never costs memory.
/// </summary>
internal sealed class ByteCursor
{
    private const int BufferLength = 1 << 16;

    private readonly Stream stream;
    private readonly byte[] buffer;
    private int next;
    private int end;

    public ByteCursor(Stream stream, string file)
    {
        this.stream = stream;
        File = file;
        Length = stream.Length;
        buffer = new byte[(int)Math.Min(BufferLength, Math.Max(Length, 16))];
        stream.Position = 0;
    }

    public string File { get; }

    public long Length { get; }

    public long Position { get; private set; }

    public long Remaining => Length - Position;

    public uint UInt32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(Take(4, what));

    public ulong UInt64(string what) => BinaryPrimitives.ReadUInt64LittleEndian(Take(8, what));

    /// <summary>A string with its length in front, as UTF-8.</summary>
    public string Text(int longest, string what)
    {
        var at = Position;
        var length = UInt64($"length of {what}");
        if (length > (ulong)Remaining)
            throw Bad(at, $"{what} of {length} bytes claimed, but {Remaining} are left", "a length inside the file");
        if (length > (ulong)longest)
            throw Bad(at, $"{what} of {length} bytes", $"at most {longest}");

        var bytes = Take((int)length, what);
        return Utf8.IsValid(bytes)
            ? Encoding.UTF8.GetString(bytes)
            : throw Bad(at + 8, $"{what} that is not UTF-8", "valid UTF-8");
    }

    /// <summary>The next few bytes, valid until the next call.</summary>
    public ReadOnlySpan<byte> Take(int count, string what)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, BufferLength);
        if (count > Remaining)
            throw Truncated(what);
        if (end - next < count)
            Fill(count, what);

        var taken = buffer.AsSpan(next, count);
        next += count;
        Position += count;
        return taken;
    }

    public void Skip(long count, string what)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > Remaining)
            throw Truncated(what);

        Position += count;
        if (count <= end - next)
        {
            next += (int)count;
            return;
        }
        next = 0;
        end = 0;
        stream.Position = Position;
    }

    public BadContentException Bad(long at, string found, string expected) => new(File, $"byte {at}", found, expected);

    public BadContentException Truncated(string what) =>
        Bad(Position, $"the file ends inside {what}", $"more than {Length} bytes");

    private void Fill(int count, string what)
    {
        buffer.AsSpan(next, end - next).CopyTo(buffer);
        end -= next;
        next = 0;
        while (end < count)
        {
            var read = stream.Read(buffer, end, buffer.Length - end);
            // The length was right when we looked; someone shortened the file since.
            if (read == 0)
                throw Truncated(what);
            end += read;
        }
    }
}
