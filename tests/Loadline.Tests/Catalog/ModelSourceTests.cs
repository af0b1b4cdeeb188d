using Loadline.Catalog;
using Loadline.Models;
using Loadline.Tests.Models.Files;
using Loadline.Tests.Models.Files.Remote;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Catalog;

public sealed class ModelSourceTests : IDisposable
{
    private static readonly CatalogReader Catalog = new();

    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData("facebook/opt-350m")]
    [InlineData("meta-llama/Llama-3.1-8B-Instruct")]
    public async Task A_catalogued_model_never_touches_the_network(string name)
    {
        var source = new ModelSource(Catalog, null, new Lazy<RemoteHub>(() => throw new InvalidOperationException()));

        var model = await source.ReadAsync(name, null, TestContext.Current.CancellationToken);

        model.Architecture.Tensors.Parameters.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_cached_model_is_not_asked_for()
    {
        folder.Write("models--org--tiny/snapshots/main/config.json", TinyLlama.Config);
        using var server = new HubServer().AddTiny();

        var model = await Source(server).ReadAsync("org/tiny", null, TestContext.Current.CancellationToken);

        model.Checkpoint.ShouldBeNull();
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cache_with_a_tokenizer_alone_does_not_have_the_model()
    {
        folder.Write("models--org--tiny/snapshots/main/tokenizer.json", "{}");
        using var server = new HubServer().AddTiny();

        var model = await Source(server).ReadAsync("org/tiny", null, TestContext.Current.CancellationToken);

        model.Checkpoint.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_gguf_file_is_looked_for_in_the_cache_first()
    {
        folder.Write("models--org--tiny/snapshots/main/tiny-Q4_K_M.gguf", HubTest.Gguf());
        using var server = new HubServer().Add("tiny-Q8_0.gguf", HubTest.Gguf());
        var source = Source(server);

        source.Read("org/tiny:Q4_K_M").Id.ShouldBe("org/tiny:Q4_K_M");
        await source.ReadAsync("org/tiny:tiny-Q4_K_M.gguf", null, TestContext.Current.CancellationToken);
        server.Requests.ShouldBeEmpty();
        await source.ReadAsync("org/tiny:Q8_0", null, TestContext.Current.CancellationToken);
        server.Requests.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task What_is_nowhere_here_is_asked_for()
    {
        using var server = new HubServer().AddTiny();
        var source = Source(server);

        var model = await source.ReadAsync("org/tiny", null, TestContext.Current.CancellationToken);

        model.Checkpoint!.Elements.ShouldBe(TinyLlama.Parameters);
        Should.Throw<UnknownNameException>(() => source.Read("org/tiny")).Message.ShouldContain("hub was not asked");
    }

    [Fact]
    public async Task What_is_nowhere_at_all_is_an_unknown_name()
    {
        using var server = new HubServer();

        var error = await Should.ThrowAsync<UnknownNameException>(() => Source(server).ReadAsync("org/absent"));

        error.Message.ShouldContain("neither the local cache nor the hub has it");
        error.Message.ShouldContain("which needs HF_TOKEN");
    }

    [Fact]
    public async Task A_name_that_fits_several_in_the_catalog_may_be_one_on_the_hub()
    {
        using var server = new HubServer();

        var error = await Should.ThrowAsync<UnknownNameException>(() =>
            Source(server).ReadAsync("mistralai/Mistral-7B")
        );

        server.Requests.ShouldNotBeEmpty();
        error.IsAmbiguous.ShouldBeTrue();
        error.Message.ShouldContain("fits several");
    }

    [Fact]
    public async Task A_hub_that_cannot_be_reached_says_why_and_what_to_do()
    {
        var server = new HubServer();
        server.Dispose();

        var error = await Should.ThrowAsync<UnknownNameException>(() => Source(server).ReadAsync("org/tiny"));

        error.Message.ShouldContain("not in the catalog");
        error.Message.ShouldContain("127.0.0.1 cannot be reached (");
        error.Message.ShouldContain("hf download org/tiny");
        error.Message.ShouldContain("HF_HUB_CACHE");
    }

    [Fact]
    public async Task Offline_an_id_says_how_to_get_it()
    {
        var source = new ModelSource(Catalog);

        var error = await Should.ThrowAsync<UnknownNameException>(() => source.ReadAsync("org/tiny"));

        error.Message.ShouldContain("the hub was not asked");
        error.Message.ShouldEndWith("or unset HF_HUB_OFFLINE");
        (await Should.ThrowAsync<UnknownNameException>(() => source.ReadAsync("frobnicate"))).Message.ShouldNotContain(
            "hub"
        );
    }

    public void Dispose() => folder.Dispose();

    private ModelSource Source(HubServer server) =>
        new(Catalog, new HubCache(folder.Path), new Lazy<RemoteHub>(() => HubTest.Hub(server.Endpoint)));
}
