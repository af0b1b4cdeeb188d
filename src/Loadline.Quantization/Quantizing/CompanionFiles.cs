namespace Loadline.Quantization;

/// <summary>The files of a model's folder that go with its weights: tokenizer, generation settings, licence.</summary>
internal static class CompanionFiles
{
    private static readonly string[] Weights =
    [
        ".safetensors",
        ".safetensors.index.json",
        ".bin",
        ".bin.index.json",
        ".pt",
        ".pth",
        ".gguf",
        ".onnx",
        ".h5",
        ".msgpack",
        ".partial",
        ".journal",
    ];

    public static IEnumerable<string> In(string folder) =>
        Directory
            .EnumerateFiles(folder.Length == 0 ? "." : folder)
            .Where(file => Path.GetFileName(file) is var name && name[0] != '.' && name != "config.json")
            .Where(file => !Array.Exists(Weights, end => file.EndsWith(end, StringComparison.OrdinalIgnoreCase)))
            .Order(StringComparer.Ordinal);
}
