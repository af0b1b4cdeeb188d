using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files.Remote;

public sealed class RemoteGgufTests
{
    private const uint F32 = 0;

    [Fact]
    public async Task The_only_gguf_model_of_a_repository_is_read()
    {
        using var server = new HubServer()
            .Add("README.md", "")
            .Add("tiny-Q4_K_M.gguf", HubTest.Gguf())
            .Add("mmproj-F16.gguf", []);

        var model = await server.ReadAsync();

        model.Id.ShouldBe("org/tiny");
        model.Architecture.Tensors.Parameters.ShouldBe(TinyLlama.Parameters);
        model.StoredWeights.Name.ShouldBe("Q4_K_M");
    }

    [Theory]
    [InlineData("Q4_K_M", "tiny-Q4_K_M.gguf")]
    [InlineData("q4_k_m", "tiny-Q4_K_M.gguf")]
    [InlineData("Q4_XS", "sub/tiny.Q4_XS.gguf")]
    [InlineData("IQ4_XS", "tiny-IQ4_XS.gguf")]
    [InlineData("tiny.Q4_XS.gguf", "sub/tiny.Q4_XS.gguf")]
    [InlineData("sub/tiny.Q4_XS.gguf", "sub/tiny.Q4_XS.gguf")]
    public async Task A_file_is_named_by_name_or_by_quantization(string named, string expected)
    {
        using var server = Several();

        var model = await server.ReadAsync($"org/tiny:{named}");

        model.Id.ShouldBe($"org/tiny:{named}");
        server.Requests.Last().Path.ShouldBe($"/org/tiny/resolve/main/{expected}");
    }

    [Fact]
    public async Task Several_models_are_listed_to_choose_from()
    {
        using var server = Several();

        var error = await Should.ThrowAsync<BadContentException>(() => server.ReadAsync());

        error.Message.ShouldContain("3 GGUF models: tiny.Q4_XS.gguf, tiny-IQ4_XS.gguf, tiny-Q4_K_M.gguf");
        error.Message.ShouldContain("as in org/tiny:Q4_XS");
    }

    [Fact]
    public async Task A_quantization_that_is_not_there_says_which_are()
    {
        using var server = Several();

        var error = await Should.ThrowAsync<BadContentException>(() => server.ReadAsync("org/tiny:Q8_0"));

        error.Message.ShouldContain("only tiny.Q4_XS.gguf, tiny-IQ4_XS.gguf, tiny-Q4_K_M.gguf; expected \"Q8_0\"");
    }

    [Fact]
    public async Task Of_a_large_file_only_the_header_is_fetched()
    {
        // 5,000,000 x 256 elements of four bytes each are 5.12 GB.
        const long Rows = 5_000_000;
        var head = TinyLlama.Tensors(TinyLlama.Metadata()).ToBytes();
        var writer = TinyLlama.Tensors(TinyLlama.Metadata()).Info("huge.weight", F32, (ulong)head.Length, 256, Rows);
        var bytes = writer.ToBytes();
        using var server = new HubServer().Add("tiny-Q4_K_M.gguf", bytes, bytes.Length + head.Length + Rows * 1024);

        var model = await server.ReadAsync();

        model.Checkpoint!.Size.Bytes.ShouldBeGreaterThan(Rows * 1024);
        server.Sent.ShouldBeLessThan(300_000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_long_tokenizer_is_walked_in_windows_that_grow(bool ranges)
    {
        // 8 bytes of length and up to 7 of text each: about 4 MB.
        const int Tokens = 280_000;
        var writer = TinyLlama.Tensors(TinyLlama.Metadata().AddStrings("tokenizer.ggml.merges", Tokens));
        using var server = new HubServer { HonoursRanges = ranges }.Add("tiny-Q4_K_M.gguf", writer.ToBytes());

        var model = await server.ReadAsync();

        model.Architecture.Tensors.Parameters.ShouldBe(TinyLlama.Parameters);
        var requests = server.Requests.Count(request => request.File.EndsWith(".gguf"));
        requests.ShouldBe(ranges ? 5 : 1, "256 KiB, 512 KiB, 1 MiB, 2 MiB and the rest");
    }

    [Fact]
    public async Task All_parts_are_read_whichever_is_named()
    {
        using var server = Parts(2);

        var model = await server.ReadAsync("org/tiny:Q4_K_M");

        model.Checkpoint!.Tensors.Length.ShouldBe(3 + 2 * 9);
        server.Requests.Count(request => request.File.EndsWith(".gguf")).ShouldBe(2);
    }

    [Fact]
    public async Task A_part_that_is_not_there_is_named_before_any_is_read()
    {
        using var server = Parts(1);

        var error = await Should.ThrowAsync<BadContentException>(() => server.ReadAsync());

        error.Message.ShouldContain("\"q/tiny-Q4_K_M-00002-of-00002.gguf\" is not beside it");
        server.Requests.ShouldNotContain(request => request.File.EndsWith(".gguf"));
    }

    [Theory]
    [InlineData("""{ "siblings": [{ "rfilename": "../x.gguf" }] }""", "$.siblings[0].rfilename")]
    [InlineData("""{ "siblings": [{ "rfilename": "//host/x.gguf" }] }""", "$.siblings[0].rfilename")]
    [InlineData("""{ "siblings": [{ }] }""", "$.siblings[0].rfilename")]
    [InlineData("""{ "siblings": 1 }""", "$.siblings")]
    [InlineData("[]", "$.siblings")]
    public async Task A_list_that_is_not_sound_is_refused_at_its_place(string json, string place)
    {
        using var server = new HubServer();
        server.Instead = request =>
            Task.FromResult<HubAnswer?>(
                request.Path.StartsWith("/api/") ? new HubAnswer(200, System.Text.Encoding.UTF8.GetBytes(json)) : null
            );

        var error = await Should.ThrowAsync<BadContentException>(() => server.ReadAsync("org/tiny:Q4_K_M"));

        error.Place.ShouldBe(place);
    }

    private static HubServer Several() =>
        new HubServer()
            .Add("tiny-Q4_K_M.gguf", HubTest.Gguf())
            .Add("tiny-IQ4_XS.gguf", HubTest.Gguf())
            .Add("sub/tiny.Q4_XS.gguf", HubTest.Gguf())
            .Add("mmproj-Q4_XS.gguf", HubTest.Gguf());

    private static HubServer Parts(int present)
    {
        var server = new HubServer();
        var first = TinyLlama.Tensors(TinyLlama.Metadata().Add("split.count", 2).Add("split.no", 0)).ToBytes();
        var second = new GgufWriter().Add("split.count", 2).Add("split.no", 1).ToBytes();
        foreach (var (bytes, i) in new[] { first, second }.Take(present).Select((bytes, i) => (bytes, i)))
            server.Add($"q/tiny-Q4_K_M-{i + 1:D5}-of-00002.gguf", bytes);
        return server;
    }
}
