namespace Loadline.Tests;

/// <summary>Finds files of the repository from wherever the tests were built to.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Loadline.slnx")))
                return folder;
        }
        throw new DirectoryNotFoundException($"Loadline.slnx is in no folder above {AppContext.BaseDirectory}.");
    }
}
