using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

public sealed class HubCacheTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_model_is_found_through_its_revision_and_read_through_its_links()
    {
        var blob = folder.Write("models--org--tiny/blobs/abc", TinyLlama.Config);
        folder.Write("models--org--tiny/refs/main", "0123abc\n");
        var snapshot = Path.Combine(folder.Path, "models--org--tiny", "snapshots", "0123abc");
        Directory.CreateDirectory(snapshot);
        if (OperatingSystem.IsWindows())
            File.Copy(blob, Path.Combine(snapshot, "config.json"));
        else
            File.CreateSymbolicLink(Path.Combine(snapshot, "config.json"), Path.Combine("..", "..", "blobs", "abc"));

        var found = new HubCache(folder.Path).Find("org/tiny");

        found.ShouldBe(snapshot);
        ModelFiles.Read(found!).Architecture.HiddenSize.ShouldBe(256);
    }

    [Fact]
    public void A_commit_is_a_revision_without_a_reference()
    {
        folder.Write("models--gpt2/snapshots/0123abc/config.json", "{}");

        new HubCache(folder.Path).Find("gpt2", "0123abc").ShouldNotBeNull();
        new HubCache(folder.Path).Find("gpt2").ShouldBeNull();
    }

    [Theory]
    [InlineData("org/absent")]
    [InlineData("../tiny")]
    [InlineData("org/..")]
    [InlineData("a/b/c")]
    [InlineData("/tiny")]
    [InlineData("org--tiny")]
    [InlineData("")]
    public void What_is_no_id_or_not_there_is_not_found(string id)
    {
        folder.Write("models--org--tiny/snapshots/main/config.json", "{}");

        new HubCache(folder.Path).Find(id).ShouldBeNull();
    }

    [Theory]
    [InlineData("../../../etc")]
    [InlineData("")]
    [InlineData("..")]
    public void A_reference_that_leads_out_of_the_cache_is_refused(string revision)
    {
        folder.Write("models--org--tiny/refs/main", revision);

        Should.Throw<BadContentException>(() => new HubCache(folder.Path).Find("org/tiny"));
    }

    [Theory]
    [InlineData("HF_HUB_CACHE=/a;HF_HOME=/b;HOME=/h", "/a")]
    [InlineData("HF_HOME=/b;HOME=/h", "/b/hub")]
    [InlineData("XDG_CACHE_HOME=/c;HOME=/h", "/c/huggingface/hub")]
    [InlineData("HOME=/h", "/h/.cache/huggingface/hub")]
    [InlineData("HF_HUB_CACHE=;USERPROFILE=/u", "/u/.cache/huggingface/hub")]
    [InlineData("", null)]
    public void The_environment_says_where_the_cache_is(string variables, string? expected)
    {
        var environment = variables
            .Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(variable => variable.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1]);

        HubCache.FromEnvironment(environment.GetValueOrDefault)?.Folder.Replace('\\', '/').ShouldBe(expected);
    }

    public void Dispose() => folder.Dispose();
}
