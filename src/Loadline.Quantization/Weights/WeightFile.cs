using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Loadline.Quantization;

/// <summary>One file of weights, read at any place by any number of threads, or mapped into memory as a whole.</summary>
internal sealed unsafe class WeightFile : IDisposable
{
    private readonly SafeFileHandle handle;
    private readonly Lock mapping = new();
    private MemoryMappedFile? mapped;
    private MemoryMappedViewAccessor? view;
    private byte* start;

    public WeightFile(string path)
    {
        Path = path;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotBeRead(exception);
        }
    }

    public string Path { get; }

    /// <exception cref="IOException">The bytes could not be read, or the file ends before them.</exception>
    public void Read(long position, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var count = ReadSome(position, bytes);
            if (count == 0)
                throw new IOException($"{Path}: ends at byte {position}; its header promises {bytes.Length} more");
            bytes = bytes[count..];
            position += count;
        }
    }

    /// <summary>The address of a byte of the mapped file, valid until this is disposed.</summary>
    /// <exception cref="IOException">The file cannot be mapped.</exception>
    public byte* AddressOf(long position)
    {
        lock (mapping)
        {
            if (start is null)
                Map();
        }
        return start + position;
    }

    public void Dispose()
    {
        if (start is not null)
            view!.SafeMemoryMappedViewHandle.ReleasePointer();
        start = null;
        view?.Dispose();
        mapped?.Dispose();
        handle.Dispose();
    }

    private int ReadSome(long position, Span<byte> bytes)
    {
        try
        {
            return RandomAccess.Read(handle, bytes, position);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotBeRead(exception);
        }
    }

    private void Map()
    {
        try
        {
            mapped = MemoryMappedFile.CreateFromFile(
                handle,
                mapName: null,
                capacity: 0,
                MemoryMappedFileAccess.Read,
                HandleInheritability.None,
                leaveOpen: true
            );
            view = mapped.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotBeRead(exception);
        }
    }

    private IOException CannotBeRead(Exception exception) =>
        exception is FileNotFoundException or DirectoryNotFoundException
            ? new FileNotFoundException($"{Path}: no such file", Path, exception)
            : new IOException($"{Path}: cannot be read: {exception.Message}", exception);
}
