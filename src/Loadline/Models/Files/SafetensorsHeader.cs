using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;

namespace Loadline.Models;

/// <summary>The header of a <c>.safetensors</c> file: which tensors are in it and where.</summary>
/// <remarks>
/// Eight bytes of little-endian length, that many bytes of JSON, then the data without holes or overlaps.
/// https://github.com/huggingface/safetensors#format
/// </remarks>
public sealed class SafetensorsHeader
{
    /// <summary>The reference implementation refuses longer headers, so that a file cannot demand the memory.</summary>
    private const long LongestHeader = 100_000_000;

    internal const int LengthBytes = 8;

    internal SafetensorsHeader(ImmutableArray<StoredTensor> tensors, ImmutableArray<long> offsets, long dataStart)
    {
        Tensors = tensors;
        Offsets = offsets;
        DataStart = dataStart;
    }

    public ImmutableArray<StoredTensor> Tensors { get; }

    /// <summary>Where the data of each tensor begins, counted from <see cref="DataStart"/>.</summary>
    public ImmutableArray<long> Offsets { get; }

    /// <summary>Byte of the file at which the data section begins.</summary>
    public long DataStart { get; }

    /// <exception cref="BadContentException">The file is not a sound safetensors file.</exception>
    public static SafetensorsHeader Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        return Read(stream, path);
    }

    /// <param name="stream">Seekable, from its beginning.</param>
    /// <param name="file">Name for messages.</param>
    /// <exception cref="BadContentException">The file is not a sound safetensors file.</exception>
    public static SafetensorsHeader Read(Stream stream, string file)
    {
        var length = stream.Length;
        Span<byte> prefix = stackalloc byte[(int)Math.Min(LengthBytes, length)];
        stream.Position = 0;
        ReadAll(stream, prefix, file, 0);
        var json = new byte[JsonLength(prefix, length, file)];
        ReadAll(stream, json, file, LengthBytes);
        return Parse(json, length - LengthBytes - json.Length, file);
    }

    /// <summary>Bytes of JSON that a file says it begins with, after its first eight bytes.</summary>
    /// <param name="start">The beginning of the file, eight bytes or more.</param>
    /// <param name="length">Bytes of the whole file.</param>
    /// <param name="file">Name for messages.</param>
    /// <exception cref="BadContentException">More than the file has, or than any header needs.</exception>
    internal static int JsonLength(ReadOnlySpan<byte> start, long length, string file)
    {
        if (length < LengthBytes)
            throw Bad(file, 0, $"a file of {length} bytes", "8 bytes of header length");

        var claimed = BinaryPrimitives.ReadUInt64LittleEndian(start);
        var most = Math.Min(length - LengthBytes, LongestHeader);
        if (claimed > (ulong)(length - LengthBytes))
        {
            var found = $"header of {claimed} bytes claimed, but the file has {length}";
            throw Bad(file, 0, found, $"at most {most}");
        }
        return claimed <= (ulong)most
            ? (int)claimed
            : throw Bad(file, 0, $"header of {claimed} bytes", $"at most {most}");
    }

    /// <param name="json">The header without its length.</param>
    /// <param name="dataBytes">Bytes of the file after the header.</param>
    /// <param name="file">Name for messages.</param>
    /// <exception cref="BadContentException">The header is not sound.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataBytes, string file)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dataBytes);
        if (!Utf8.IsValid(json))
            throw Bad(file, LengthBytes + FirstInvalid(json), "bytes that are not UTF-8", "a JSON header in UTF-8");
        if (json.IsEmpty || json[0] != (byte)'{')
            throw Bad(file, LengthBytes, "a header that does not begin with {", "a JSON object");

        return new SafetensorsHeaderParser(json, dataBytes, file).Parse(LengthBytes + json.Length);
    }

    private static void ReadAll(Stream stream, Span<byte> bytes, string file, long at)
    {
        // The length was right when we looked; fewer bytes mean that someone shortened the file since.
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            throw Bad(file, at, "the file ends inside the header", $"{bytes.Length} bytes");
    }

    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length && Rune.DecodeFromUtf8(bytes[at..], out _, out var used) == 0)
            at += used;
        return at;
    }

    private static BadContentException Bad(string file, long at, string found, string expected) =>
        new(file, $"byte {at}", found, expected);
}
