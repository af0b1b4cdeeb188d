namespace Loadline.Planning;

/// <summary>Names of exported files that contain an engine's.</summary>
internal static class FileNames
{
    public const string Launch = "launch.sh";
    public const string Pools = "pools.sh";
    public const string Compose = "compose.yaml";
    public const string Kubernetes = "kubernetes.yaml";
    public const string SkyPilot = "skypilot.yaml";
    public const string ShoppingList = "shopping-list.md";
    public const string ReadMe = "README.md";
    public const string Modelfile = "Modelfile";

    public static string LaunchOf(EngineStart start) => $"launch-{Safe(start.EngineId)}.sh";

    public static string ConfigOf(EngineStart start) => $"{Safe(start.EngineId)}-config.yaml";

    /// <summary>An id of the user's own catalog may be anything, a file name may not.</summary>
    private static string Safe(string id) =>
        string.Concat(
            id.TrimStart('.')
                .Select(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' ? character : '-')
        );
}
