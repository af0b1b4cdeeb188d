using Microsoft.Win32.SafeHandles;

namespace Loadline.Quantization;

/// <summary>A file that is written under a temporary name by any number of threads and appears when it is complete.</summary>
internal sealed class OutputFile : IDisposable
{
    private readonly PlannedFile plan;
    private SafeFileHandle? handle;

    private OutputFile(PlannedFile plan, SafeFileHandle? handle)
    {
        this.plan = plan;
        this.handle = handle;
    }

    public static string PartialPath(string path) => path + ".partial";

    /// <summary>Asks for all of its room at once, so that a full disk says so before the work.</summary>
    public static OutputFile Create(PlannedFile plan)
    {
        var path = PartialPath(plan.Path);
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(
                path,
                FileMode.Create,
                FileAccess.ReadWrite,
                FileShare.Read,
                FileOptions.None,
                preallocationSize: plan.Length
            );
            var file = new OutputFile(plan, handle);
            RandomAccess.SetLength(handle, plan.Length);
            file.Write(0, plan.Header);
            return file;
        }
        // The runtime calls a length beyond a limit of the system an argument out of range.
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            handle?.Dispose();
            throw CannotBeWritten(plan.Path, exception);
        }
    }

    /// <summary>The file of an earlier run; null when it is not there. Complete ones stay closed.</summary>
    public static OutputFile? Reopen(PlannedFile plan)
    {
        var path = PartialPath(plan.Path);
        try
        {
            if (File.Exists(path))
            {
                return new FileInfo(path).Length == plan.Length
                    ? new OutputFile(plan, File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read))
                    : null;
            }
            return File.Exists(plan.Path) && new FileInfo(plan.Path).Length == plan.Length
                ? new OutputFile(plan, handle: null)
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotBeWritten(plan.Path, exception);
        }
    }

    /// <summary>True when an earlier run gave it its name already.</summary>
    public bool IsPublished => handle is null;

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(handle!, bytes, position);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotBeWritten(plan.Path, exception);
        }
    }

    /// <summary>Returns when the bytes are on the disk and not only on their way.</summary>
    public void Flush()
    {
        try
        {
            if (handle is not null)
                RandomAccess.FlushToDisk(handle);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotBeWritten(plan.Path, exception);
        }
    }

    public void Publish()
    {
        if (handle is null)
            return;
        Flush();
        Dispose();
        try
        {
            File.Move(PartialPath(plan.Path), plan.Path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotBeWritten(plan.Path, exception);
        }
    }

    public void Dispose()
    {
        handle?.Dispose();
        handle = null;
    }

    public static IOException CannotBeWritten(string path, Exception exception) =>
        new($"{path}: cannot be written: {exception.Message}", exception);
}
