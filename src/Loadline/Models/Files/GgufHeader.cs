using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>The header of a <c>.gguf</c> file: its metadata, and which tensors are in it and where.</summary>
/// <remarks>https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.</remarks>
public sealed class GgufHeader
{
    internal GgufHeader(GgufMetadata metadata, ImmutableArray<StoredTensor> tensors, ImmutableArray<long> offsets)
    {
        Metadata = metadata;
        Tensors = tensors;
        Offsets = offsets;
    }

    public string File => Metadata.File;

    public GgufMetadata Metadata { get; }

    public ImmutableArray<StoredTensor> Tensors { get; }

    /// <summary>Where the data of each tensor begins, counted from <see cref="DataStart"/>.</summary>
    public ImmutableArray<long> Offsets { get; }

    /// <summary>Byte of the file at which the data section begins.</summary>
    public required long DataStart { get; init; }

    public required int Version { get; init; }

    /// <exception cref="BadContentException">The file is not a sound GGUF file.</exception>
    public static GgufHeader Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        return Read(stream, path);
    }

    /// <param name="stream">Seekable; only its header is read.</param>
    /// <param name="file">Name for messages.</param>
    /// <exception cref="BadContentException">The file is not a sound GGUF file.</exception>
    public static GgufHeader Read(Stream stream, string file)
    {
        var cursor = new ByteCursor(stream, file);
        if (!cursor.Take(4, "the magic number").SequenceEqual("GGUF"u8))
            throw cursor.Bad(0, "a file that does not begin with GGUF", "a GGUF file");

        var version = ReadVersion(cursor);
        var tensorCount = ReadCount(cursor, "tensors", GgufTensorReader.LeastBytes, int.MaxValue);
        var entryCount = ReadCount(
            cursor,
            "metadata entries",
            GgufMetadataReader.LeastBytes,
            GgufMetadataReader.MostEntries
        );
        var metadata = new GgufMetadataReader(cursor).Read(entryCount);
        return new GgufTensorReader(cursor, metadata).Read(tensorCount, version);
    }

    private static int ReadVersion(ByteCursor cursor)
    {
        var version = cursor.UInt32("the version");
        if (version is 2 or 3)
            return (int)version;
        // Version 3 may be big-endian throughout; its version number then reads as 3 x 2^24.
        if (version != 0 && (version & 0xFFFF) == 0)
            throw cursor.Bad(4, "a big-endian GGUF file", "little-endian, as all common machines write it");
        throw cursor.Bad(4, $"GGUF version {version}", "2 or 3");
    }

    private static long ReadCount(ByteCursor cursor, string what, int leastBytes, int limit)
    {
        var at = cursor.Position;
        var count = cursor.UInt64($"the number of {what}");
        var most = Math.Min(limit, cursor.Remaining / leastBytes);
        if (count > (ulong)most)
        {
            var found = $"{count} {what} claimed, but the file has {cursor.Length} bytes";
            throw cursor.Bad(at, found, $"at most {most}");
        }
        return (long)count;
    }
}
