namespace Loadline.Models;

/// <summary>Reads a model from wherever the user pointed: a folder, a configuration, an index or a weight file.</summary>
public static class ModelFiles
{
    internal const string ConfigName = "config.json";
    internal const string QuantizationName = "hf_quant_config.json";
    internal const string SingleName = "model.safetensors";
    internal const string IndexEnding = ".safetensors.index.json";

    /// <summary>True when the text names a file or folder that is there, so that it is no catalog id.</summary>
    public static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    /// <summary>True when a folder has what a model is read from, not its tokenizer alone.</summary>
    internal static bool HasModel(string folder) =>
        File.Exists(Path.Combine(folder, ConfigName)) || Directory.EnumerateFiles(folder, "*.gguf").Any();

    /// <exception cref="BadContentException">What is there is not a model, or not a sound one.</exception>
    /// <exception cref="IOException">Nothing is there, or it cannot be read.</exception>
    public static Model Read(string path)
    {
        if (Directory.Exists(path))
            return ReadFolder(path);
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: no such file or folder", path);
        if (path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            return ReadGguf(path, path);
        if (path.EndsWith(IndexEnding, StringComparison.OrdinalIgnoreCase))
            return ReadIndexed(path, path);
        if (path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
            return ReadSafetensors(path);
        if (path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            return new Model(path, Describe(path), Checkpoint: null);
        throw new BadContentException(
            path,
            "",
            "a file of unknown kind",
            "a folder, config.json, .safetensors, .safetensors.index.json or .gguf"
        );
    }

    private static Model ReadFolder(string folder)
    {
        var config = Path.Combine(folder, ConfigName);
        var hasConfig = File.Exists(config);
        if (hasConfig && SafetensorsIn(folder) is { } weights)
        {
            return weights.EndsWith(IndexEnding, StringComparison.OrdinalIgnoreCase)
                ? ReadIndexed(folder, weights)
                : ReadWith(folder, config, weights);
        }
        if (Only(folder, "*.gguf", "GGUF model") is { } gguf)
            return ReadGguf(folder, gguf);
        return hasConfig
            ? new Model(folder, Describe(config), Checkpoint: null)
            : throw new BadContentException(folder, "", "no config.json", "config.json, or a single .gguf model");
    }

    /// <summary>The weight file of a folder, or the index of its weight files; null when it has none.</summary>
    /// <exception cref="BadContentException">The folder has several.</exception>
    internal static string? SafetensorsIn(string folder)
    {
        var single = Path.Combine(folder, SingleName);
        return File.Exists(single)
            ? single
            : Only(folder, $"*{IndexEnding}", "index") ?? Only(folder, "*.safetensors", "weight file");
    }

    private static Model ReadSafetensors(string path)
    {
        var folder = Path.GetDirectoryName(path) ?? "";
        var config = Path.Combine(folder, ConfigName);
        if (!File.Exists(config))
        {
            const string Expected = "a config.json beside it: the names and shapes alone do not say what runs";
            throw new BadContentException(path, "", "no config.json in its folder", Expected);
        }
        // One shard is not the model; the index knows the others.
        var name = Path.GetFileName(path);
        var index = Only(folder.Length == 0 ? "." : folder, $"*{IndexEnding}", "index");
        return index is not null && SafetensorsIndex.Read(index).Shards.Contains(name)
            ? ReadIndexed(path, index)
            : ReadWith(path, config, path);
    }

    private static Model ReadWith(string id, string config, string weights) =>
        Complete(id, Describe(config), new Checkpoint(SafetensorsHeader.Read(weights).Tensors), weights, "as-stored");

    private static Model ReadIndexed(string id, string path)
    {
        var config = Path.Combine(Path.GetDirectoryName(path) ?? "", ConfigName);
        if (!File.Exists(config))
            throw new BadContentException(path, "", "no config.json in its folder", "a config.json beside it");
        var architecture = Describe(config);
        var index = SafetensorsIndex.Read(path);
        if (index.ReadShards() is { } checkpoint)
            return Complete(id, architecture, checkpoint, path, "as-stored");

        var total = index.TotalSize is { } size ? $"{size} bytes" : "an unstated number of bytes";
        var note = $"{path}: none of its {index.Shards.Length} files is here; it claims {total} of weights";
        return new Model(id, architecture, Checkpoint: null) { Assumptions = [note] };
    }

    private static Model ReadGguf(string id, string path) => Complete(id, GgufFile.Read(path), path);

    internal static Model Complete(string id, GgufFile file, string path)
    {
        var architecture = ModelFamilies.Describe(GgufConfig.Translate(file));
        var mix = file.Metadata.Size("general.file_type") is { } type ? GgufFileTypes.Find(type) : null;
        return Complete(id, architecture, file.Checkpoint, path, mix ?? "as-stored");
    }

    internal static Model Complete(
        string id,
        Architecture architecture,
        Checkpoint checkpoint,
        string file,
        string formatName
    )
    {
        var stored = CheckpointMatch.FormatOf(architecture, checkpoint, file, formatName);
        var notes = new List<string>();
        if (stored.Missing.Length > 0)
        {
            var first = stored.Missing[0].Name;
            notes.Add($"{file}: lacks {stored.Missing.Length} kinds of tensor of the architecture, such as {first}");
        }
        var unknown = stored.Unlisted.Where(tensor => tensor.Kind == UnlistedKind.Unknown).ToList();
        if (unknown.Count > 0)
        {
            var bytes = unknown.Sum(entry => entry.Tensor.Bytes);
            var first = FileText.Quote(unknown[0].Tensor.Name);
            notes.Add($"{file}: {unknown.Count} tensors of {bytes} bytes are in no known part, such as {first}");
        }
        return new Model(id, architecture with { StoredFormat = stored }, checkpoint) { Assumptions = notes };
    }

    private static Architecture Describe(string config) =>
        ModelFamilies.Describe(ConfigFile.Read(config), QuantizationBeside(config));

    /// <summary>What TensorRT Model Optimizer wrote beside the configuration; null when it did not.</summary>
    private static ModelConfig? QuantizationBeside(string config)
    {
        var path = Path.Combine(Path.GetDirectoryName(config) ?? "", QuantizationName);
        return File.Exists(path) ? QuantizationIn(ConfigFile.Read(path)) : null;
    }

    internal static ModelConfig? QuantizationIn(ModelConfig file) => file.Section("quantization");

    /// <summary>The only file of a kind; null when there is none, an error when there are several.</summary>
    private static string? Only(string folder, string pattern, string what)
    {
        var files = Directory
            .EnumerateFiles(folder, pattern)
            .Where(file => !GgufFile.IsLaterPart(file) && !IsProjector(file))
            .Order(StringComparer.Ordinal)
            .ToList();
        if (files.Count <= 1)
            return files.FirstOrDefault();
        var names = string.Join(", ", files.Take(4).Select(Path.GetFileName));
        throw new BadContentException(folder, "", $"{files.Count} times a {what}: {names}", "one; name the one meant");
    }

    /// <summary>llama.cpp keeps the vision part of a model in a file of its own.</summary>
    internal static bool IsProjector(string path) =>
        Path.GetFileName(path).StartsWith("mmproj", StringComparison.OrdinalIgnoreCase);
}
