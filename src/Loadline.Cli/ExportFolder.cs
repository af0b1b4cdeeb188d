using System.Text;
using Loadline.Planning;

namespace Loadline.Cli;

/// <summary>Writes exported files into a folder: all of them or none, and never over a file that says something else.</summary>
internal static class ExportFolder
{
    private const UnixFileMode Executable =
        UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <param name="directory">Made where it does not exist.</param>
    /// <param name="files">Named without a folder.</param>
    /// <exception cref="IOException">A file of that name says something else, or something cannot be written.</exception>
    public static void Write(string directory, IReadOnlyList<ExportFile> files)
    {
        if (string.IsNullOrWhiteSpace(directory))
            throw new BadContentException("--export", "", "an empty name", "a folder");
        if (File.Exists(directory))
            throw new IOException($"{directory}: is a file; expected a folder");

        var missing = files.Where(file => !IsThere(directory, file)).ToList();
        try
        {
            Directory.CreateDirectory(directory);
            WriteAll(directory, missing);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{directory}: cannot be written: {exception.Message}", exception);
        }
    }

    /// <summary>True when the file is there already, word for word.</summary>
    private static bool IsThere(string directory, ExportFile file)
    {
        var path = Path.Combine(directory, file.Name);
        if (Directory.Exists(path))
            throw new IOException($"{path}: is a folder; expected no such file, or the one that would be written");
        if (!File.Exists(path))
            return false;
        if (!File.ReadAllBytes(path).AsSpan().SequenceEqual(Utf8.GetBytes(file.Text)))
            throw new IOException(
                $"{path}: is there already and says something else; remove it or choose another folder"
            );
        return true;
    }

    /// <summary>Every file is written in full beside its place before the first one appears there.</summary>
    private static void WriteAll(string directory, List<ExportFile> files)
    {
        var written = new List<(string Temporary, string Path)>();
        try
        {
            foreach (var file in files)
            {
                var path = Path.Combine(directory, file.Name);
                var temporary = $"{path}.{Environment.ProcessId}.tmp";
                written.Add((temporary, path));
                File.WriteAllBytes(temporary, Utf8.GetBytes(file.Text));
                if (file.IsExecutable && !OperatingSystem.IsWindows())
                    File.SetUnixFileMode(temporary, File.GetUnixFileMode(temporary) | Executable);
            }

            // A file that appeared since it was looked for is somebody else's, and is not replaced.
            foreach (var (temporary, path) in written)
                File.Move(temporary, path, overwrite: false);
        }
        finally
        {
            foreach (var (temporary, _) in written)
                File.Delete(temporary);
        }
    }
}
