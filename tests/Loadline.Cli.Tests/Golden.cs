using Loadline.Tests;
using Shouldly;

namespace Loadline.Cli.Tests;

/// <summary>
/// Pictures of what is printed. Run the tests with LOADLINE_UPDATE_GOLDEN=1 to take them anew, then read the difference.
/// </summary>
internal static class Golden
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "Loadline.Cli.Tests", "Golden");

    public static void Matches(string name, string output) => MatchesFile(Path.Combine(Folder, name + ".txt"), output);

    /// <summary>The same for a file that is shown elsewhere in the repository.</summary>
    public static void MatchesFile(string file, string output)
    {
        if (Environment.GetEnvironmentVariable("LOADLINE_UPDATE_GOLDEN") == "1")
            File.WriteAllText(file, output);
        File.Exists(file).ShouldBeTrue($"{file} is missing");
        output.ShouldBe(File.ReadAllText(file).ReplaceLineEndings("\n"));
    }
}
