using System.Text.Json.Nodes;

namespace Loadline.Cli.Commands;

/// <summary>Scenario files as they lie on disk.</summary>
internal static class ScenarioFiles
{
    private const long LargestScenario = 1_000_000;

    /// <summary>True for YAML, and for JSON with a field that only scenarios have.</summary>
    public static bool IsScenario(string path) =>
        Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".yaml" or ".yml" => true,
            ".json" => File.Exists(path)
                && new FileInfo(path).Length <= LargestScenario
                && Read(path) is var root
                && (root.ContainsKey("workload") || root.ContainsKey("workloads") || root.ContainsKey("adaptation")),
            _ => false,
        };

    public static JsonObject Read(string path)
    {
        if (Directory.Exists(path))
            throw new IOException($"{path}: is a directory; expected a scenario");
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: no such file", path);
        using var text = new BoundedText(path, File.OpenText(path), LargestScenario, "a scenario");
        // JSON is YAML, so one reader serves both.
        return Yaml.Read(path, text) as JsonObject
            ?? throw new BadContentException(path, "line 1", "no fields", "a scenario with fields such as workload");
    }
}
