using Loadline.Cli;
using Loadline.Planning;
using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

public sealed class ExportFolderTests : IDisposable
{
    private static readonly ExportFile Script = new("launch.sh", "#!/usr/bin/env bash\necho é\n", IsExecutable: true);
    private static readonly ExportFile Page = new("README.md", "# Plan\n", IsExecutable: false);

    private readonly string root = Directory.CreateTempSubdirectory("loadline-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void Files_appear_in_a_folder_that_is_made_for_them()
    {
        var folder = Path.Combine(root, "deep", "plan");

        ExportFolder.Write(folder, [Script, Page]);

        Names(folder).ShouldBe(["README.md", "launch.sh"]);
        File.ReadAllBytes(Path.Combine(folder, "launch.sh")).ShouldBe("#!/usr/bin/env bash\necho é\n"u8.ToArray());
    }

    [Fact]
    public void Only_scripts_can_be_run()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such bit");
        ExportFolder.Write(root, [Script, Page]);

        IsExecutable("launch.sh").ShouldBeTrue();
        IsExecutable("README.md").ShouldBeFalse();

        bool IsExecutable(string name) =>
            !OperatingSystem.IsWindows()
            && File.GetUnixFileMode(Path.Combine(root, name)).HasFlag(UnixFileMode.UserExecute);
    }

    [Fact]
    public void The_same_export_again_changes_nothing()
    {
        ExportFolder.Write(root, [Script, Page]);
        var written = File.GetLastWriteTimeUtc(Path.Combine(root, "launch.sh"));

        ExportFolder.Write(root, [Script, Page]);

        File.GetLastWriteTimeUtc(Path.Combine(root, "launch.sh")).ShouldBe(written);
        Names(root).ShouldBe(["README.md", "launch.sh"]);
    }

    [Fact]
    public void A_file_that_says_something_else_is_kept_and_nothing_is_written_beside_it()
    {
        var mine = Path.Combine(root, "README.md");
        File.WriteAllText(mine, "my notes");

        var error = Should.Throw<IOException>(() => ExportFolder.Write(root, [Script, Page]));

        error.Message.ShouldBe($"{mine}: is there already and says something else; remove it or choose another folder");
        File.ReadAllText(mine).ShouldBe("my notes");
        Names(root).ShouldBe(["README.md"]);
    }

    [Fact]
    public void A_folder_in_the_place_of_a_file_is_refused()
    {
        Directory.CreateDirectory(Path.Combine(root, "launch.sh"));

        Should
            .Throw<IOException>(() => ExportFolder.Write(root, [Page, Script]))
            .Message.ShouldContain("launch.sh: is a folder");
        File.Exists(Path.Combine(root, "README.md")).ShouldBeFalse();
    }

    [Fact]
    public void A_file_in_the_place_of_the_folder_is_refused()
    {
        var file = Path.Combine(root, "plan");
        File.WriteAllText(file, "");

        Should
            .Throw<IOException>(() => ExportFolder.Write(file, [Script]))
            .Message.ShouldBe($"{file}: is a file; expected a folder");
    }

    [Fact]
    public void What_cannot_be_written_leaves_nothing_behind()
    {
        // The second name is longer than any file system allows.
        var tooLong = Page with
        {
            Name = new string('x', 5000),
        };

        var error = Should.Throw<IOException>(() => ExportFolder.Write(root, [Script, tooLong]));

        error.Message.ShouldStartWith($"{root}: cannot be written: ");
        Names(root).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void An_empty_name_is_bad_usage(string name) =>
        Should.Throw<BadContentException>(() => ExportFolder.Write(name, [Script])).File.ShouldBe("--export");

    private static string[] Names(string folder) =>
        [
            .. Directory
                .GetFileSystemEntries(folder)
                .Select(path => Path.GetFileName(path))
                .Order(StringComparer.Ordinal),
        ];
}
