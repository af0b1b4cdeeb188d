namespace Loadline.Accuracy;

/// <summary>The folder of the repository, from wherever the program was built to.</summary>
internal static class RepositoryFolder
{
    public static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Loadline.slnx")))
                return folder;
        }
        throw new DirectoryNotFoundException($"Loadline.slnx is in no folder above {AppContext.BaseDirectory}.");
    }
}
