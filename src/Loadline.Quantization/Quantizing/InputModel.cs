using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>A model whose weights are here and are to become others.</summary>
internal sealed class InputModel : IDisposable
{
    private InputModel(string path, Model model, FileWeightStore store, string folder)
    {
        Path = path;
        Model = model;
        Store = store;
        Folder = folder;
    }

    public string Path { get; }

    public Model Model { get; }

    public FileWeightStore Store { get; }

    /// <summary>The folder of its configuration and tokenizer.</summary>
    public string Folder { get; }

    public bool IsGguf => Store is GgufStore;

    public string ConfigPath => System.IO.Path.Combine(Folder, ModelFiles.ConfigName);

    /// <exception cref="BadContentException">What is there is not a model with weights, or already quantized.</exception>
    public static InputModel Open(string path)
    {
        var model = ModelFiles.Read(path);
        if (FileOf(path) is { } gguf)
            return new(path, model, GgufStore.Open(gguf), System.IO.Path.GetDirectoryName(gguf) ?? "");
        if (model.Checkpoint is null)
            throw new BadContentException(path, "", "no weights", "a folder, an index or a file with its weights");
        var folder = Directory.Exists(path) ? path : System.IO.Path.GetDirectoryName(path) ?? "";
        RefuseQuantized(folder);
        var weights = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? path : WeightsOf(path, folder);
        return new(path, model, SafetensorsStore.Open(weights), folder);
    }

    public void Dispose() => Store.Dispose();

    /// <summary>One shard is not the model; its folder is.</summary>
    private static string WeightsOf(string path, string folder)
    {
        var all = ModelFiles.SafetensorsIn(folder.Length == 0 ? "." : folder);
        return all is not null && all.EndsWith(ModelFiles.IndexEnding, StringComparison.OrdinalIgnoreCase) ? all : path;
    }

    /// <summary>The GGUF file that is meant; null when it is another kind of model.</summary>
    private static string? FileOf(string path)
    {
        if (!Directory.Exists(path))
            return path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? path : null;
        var hasConfig = File.Exists(System.IO.Path.Combine(path, ModelFiles.ConfigName));
        return hasConfig
            ? null
            : Directory
                .EnumerateFiles(path, "*.gguf")
                .Order(StringComparer.Ordinal)
                .FirstOrDefault(file => !GgufFile.IsLaterPart(file) && !ModelFiles.IsProjector(file));
    }

    private static void RefuseQuantized(string folder)
    {
        var path = System.IO.Path.Combine(folder, ModelFiles.ConfigName);
        var config = ConfigFile.Read(path);
        const string Expected = "weights as they were trained: rounding what is rounded adds the errors";
        if (config.Has("quantization_config") || config.Section("text_config")?.Has("quantization_config") == true)
            throw new BadContentException(path, "$.quantization_config", "a quantized model", Expected);
        var other = System.IO.Path.Combine(folder, ModelFiles.QuantizationName);
        if (File.Exists(other))
            throw new BadContentException(other, "", "a quantized model", Expected);
    }
}
