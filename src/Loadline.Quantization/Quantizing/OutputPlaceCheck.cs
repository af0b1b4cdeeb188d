namespace Loadline.Quantization;

/// <summary>Sees to it that nothing is written where the input lies, whatever links lead there.</summary>
internal static class OutputPlaceCheck
{
    /// <exception cref="BadContentException">The output is the input, or inside its folder.</exception>
    public static void RefuseInput(QuantizationRequest request, InputModel input)
    {
        if (string.IsNullOrWhiteSpace(request.Output))
            throw new BadContentException("--output", "", "an empty name", "a folder, or a file for GGUF");
        var output = RealPath(request.Output);
        if (input.Store.Paths.Any(path => RealPath(path) == output))
            throw new BadContentException("--output", "", $"{request.Output}, which is the input", "another place");
        // A single GGUF file shares its folder with others; the folder of a checkpoint is the model.
        if (input.IsGguf && !Directory.Exists(request.Model))
            return;
        var folder = RealPath(input.Folder.Length == 0 ? "." : input.Folder);
        if (output == folder || output.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            const string Expected = "a place outside the input's folder";
            throw new BadContentException("--output", "", $"{request.Output}, which is in {input.Folder}", Expected);
        }
    }

    /// <summary>The path with every link on it followed; parts that do not exist yet stay as they are.</summary>
    public static string RealPath(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var root = Path.GetPathRoot(full)!;
        var real = root;
        foreach (
            var part in full[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries)
        )
        {
            real = Path.Combine(real, part);
            FileSystemInfo entry = Directory.Exists(real) ? new DirectoryInfo(real) : new FileInfo(real);
            if (entry.LinkTarget is not null && entry.ResolveLinkTarget(returnFinalTarget: true) is { } target)
                real = Path.TrimEndingDirectorySeparator(target.FullName);
        }
        return real;
    }
}
