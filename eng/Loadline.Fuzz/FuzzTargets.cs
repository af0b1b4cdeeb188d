using System.Text;
using System.Text.Json.Serialization.Metadata;
using Loadline.Catalog;
using Loadline.Cli;
using Loadline.Models;
using Loadline.Planning;

namespace Loadline.Fuzz;

/// <summary>Every reader of what users and strangers write.</summary>
internal static class FuzzTargets
{
    private static readonly CatalogReader Catalog = new();

    private static readonly string[] Kinds =
    [
        "accelerators",
        "offers",
        "engines",
        "kernels",
        "models",
        "regions.json",
        "tasks.json",
    ];

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new(
            "safetensors",
            InputKind.TextAfterLength,
            SafetensorsSeeds.Files,
            bytes => SafetensorsHeader.Read(new MemoryStream(bytes), "input.safetensors")
        ),
        new(
            "index",
            InputKind.Text,
            SafetensorsSeeds.Indexes,
            bytes => SafetensorsIndex.Parse(JsonFile.Parse(bytes, "input.json"), "input.json")
        ),
        new("gguf2", InputKind.Binary, GgufSeeds.Of(2), ReadGguf),
        new("gguf3", InputKind.Binary, GgufSeeds.Of(3), ReadGguf),
        new("config", InputKind.Text, JsonSeeds.Configurations(), ReadConfig) { Allowance = 16_000_000 },
        new("catalog", InputKind.Text, [.. Kinds.SelectMany(JsonSeeds.Entries)], ReadCatalog),
        new(
            "scenario",
            InputKind.Text,
            [JsonSeeds.ScenarioJson],
            bytes => ReadScenario(JsonFile.Parse(bytes, "input.json"))
        ),
        new(
            "yaml",
            InputKind.Text,
            [JsonSeeds.ScenarioYaml],
            bytes => Yaml.Read("input.yaml", new StringReader(Encoding.UTF8.GetString(bytes)))
        )
        {
            Allowance = 1_000_000,
        },
    ];

    private static void ReadGguf(byte[] bytes)
    {
        var header = GgufHeader.Read(new MemoryStream(bytes), "input.gguf");
        var file = GgufFile.Join([header]);
        var architecture = ModelFamilies.Describe(GgufConfig.Translate(file));
        CheckpointMatch.FormatOf(architecture, file.Checkpoint, "input.gguf");
    }

    /// <summary>Describes the model and adds it up, as every command does with it.</summary>
    private static void ReadConfig(byte[] bytes)
    {
        var config = ConfigFile.Parse(bytes, "input.json");
        var architecture = ModelFamilies.Describe(config);
        _ = architecture.Tensors.Parameters + architecture.Tensors.ActiveParameters;
        _ = architecture.Cache;
        if (architecture.StoredFormat is { } stored)
            _ = architecture.Tensors.SizeIn(stored);
    }

    private static void ReadScenario(System.Text.Json.JsonElement document) =>
        new ScenarioReader(Catalog).Read("input.json", document);

    /// <summary>A user's file of unknown kind is read as every kind, as its folder would say.</summary>
    private static void ReadCatalog(byte[] bytes)
    {
        var file = CatalogFiles.ParseOwn("input.json", bytes);
        if (file.Root.ContainsKey("accelerators"))
            Entries(file, "accelerators", CatalogJson.Default.Accelerator);
        else if (file.Root.ContainsKey("offers"))
            Entries(file, "offers", CatalogJson.Default.Offer);
        else if (file.Root.ContainsKey("kernels"))
            Entries(file, "kernels", CatalogJson.Default.KernelConstants);
        else if (file.Root.ContainsKey("regions"))
            Entries(file, "regions", CatalogJson.Default.Region);
        else if (file.Root.ContainsKey("tasks"))
            Entries(file, "tasks", CatalogJson.Default.TaskPreset);
        else if (file.Root.ContainsKey("config"))
            Entries(file, null, CatalogJson.Default.CatalogModel);
        else
            Entries(file, null, CatalogJson.Default.Engine);
    }

    private static void Entries<T>(CatalogFile file, string? list, JsonTypeInfo<T> type)
        where T : class
    {
        foreach (var layer in EntryLayers.Of(file, list))
        {
            var entry = new CatalogEntry();
            entry.Add(layer);
            EntryReader.Read(entry, type);
        }
    }
}
