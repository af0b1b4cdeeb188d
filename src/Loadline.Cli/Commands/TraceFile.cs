using Loadline.Simulation;

namespace Loadline.Cli.Commands;

/// <summary>Opens a request trace.</summary>
internal static class TraceFile
{
    public static Trace Read(string file)
    {
        const long LargestTrace = 2_000_000_000;
        if (Directory.Exists(file))
            throw new IOException($"{file}: is a directory; expected a request trace");
        if (!File.Exists(file))
            throw new FileNotFoundException($"{file}: no such file", file);
        using var text = new BoundedText(file, File.OpenText(file), LargestTrace, "a request trace");
        return TraceReader.Read(Path.GetFileName(file), text);
    }
}
