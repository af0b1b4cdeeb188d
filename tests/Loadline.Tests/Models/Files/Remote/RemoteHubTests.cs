using System.Text;
using Loadline.Models;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files.Remote;

public sealed class RemoteHubTests
{
    /// <summary>Two tables of 10,000,000 x 256 instead of 10 x 256.</summary>
    private const long HugeParameters = TinyLlama.Parameters + 2 * 9_999_990L * 256;

    [Fact]
    public async Task A_single_file_is_read_like_a_folder()
    {
        using var server = new HubServer().AddTiny();

        var model = await server.ReadAsync();

        model.Id.ShouldBe("org/tiny");
        model.Checkpoint!.Elements.ShouldBe(TinyLlama.Parameters);
        model.Architecture.Tensors.Parameters.ShouldBe(TinyLlama.Parameters);
        model.Assumptions.Single().ShouldContain($"{server.Endpoint}org/tiny: file headers read from the hub");
        server
            .Requests.Select(request => request.Path)
            .ShouldBe([
                "/org/tiny/resolve/main/config.json",
                "/org/tiny/resolve/main/hf_quant_config.json",
                "/org/tiny/resolve/main/model.safetensors.index.json",
                "/org/tiny/resolve/main/model.safetensors",
            ]);
    }

    [Fact]
    public async Task Of_ten_gigabytes_in_shards_only_the_headers_are_fetched()
    {
        using var server = new HubServer().AddHuge();

        var model = await server.ReadAsync();

        model.Checkpoint!.Elements.ShouldBe(HugeParameters);
        model.Checkpoint.Size.Bytes.ShouldBe(2 * HugeParameters);
        // One speculative range of 256 KiB per shard, and three small JSON files, one of which is not there.
        server.Sent.ShouldBeLessThan(2 * (1 << 18) + 4_000);
        server.Requests.Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_server_without_ranges_is_cut_off_after_the_header()
    {
        using var server = new HubServer { HonoursRanges = false }.AddHuge();

        var model = await server.ReadAsync();

        model.Checkpoint!.Elements.ShouldBe(HugeParameters);
        // What it wrote into the buffers of the connections before they were closed.
        server.Sent.ShouldBeLessThan(32_000_000);
        server.Requests.Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_header_longer_than_the_first_range_takes_one_more()
    {
        const int Padding = 400_000;
        var (json, dataBytes) = SafetensorsWriter.Header([
            .. TinyLlama.Outside,
            .. TinyLlama.Layer(0),
            .. TinyLlama.Layer(1),
        ]);
        var head = SafetensorsWriter.WithHeader(json + new string(' ', Padding));
        using var server = new HubServer()
            .Add("config.json", TinyLlama.Config)
            .Add("model.safetensors", head, head.Length + dataBytes);

        var model = await server.ReadAsync();

        model.Checkpoint!.Elements.ShouldBe(TinyLlama.Parameters);
        var ranges = server.Requests.Where(request => request.From is not null).ToList();
        ranges.Count.ShouldBe(2);
        (ranges[0].From, ranges[0].Last).ShouldBe((0, (1 << 18) - 1));
        (ranges[1].From, ranges[1].Last).ShouldBe((1 << 18, head.Length - 1));
    }

    [Fact]
    public async Task The_commit_of_the_first_answer_is_read_throughout()
    {
        using var server = new HubServer { Commit = "0123abc" }.AddHuge();

        var model = await server.ReadAsync();

        server.Requests.Skip(1).ShouldAllBe(request => request.Path.Contains("/resolve/0123abc/"));
        model.Assumptions[0].ShouldEndWith("revision 0123abc");
    }

    [Fact]
    public async Task A_model_with_a_file_of_another_name_is_found_in_the_list()
    {
        using var server = new HubServer()
            .Add("config.json", TinyLlama.Config)
            .Add("weights.safetensors", TinyLlama.Safetensors());

        (await server.ReadAsync()).Checkpoint!.Elements.ShouldBe(TinyLlama.Parameters);
    }

    [Fact]
    public async Task Without_weights_or_a_list_the_config_is_the_model()
    {
        using var server = new HubServer { Lists = false }.Add("config.json", TinyLlama.Config);

        var model = await server.ReadAsync();

        model.Checkpoint.ShouldBeNull();
        model.Architecture.HiddenSize.ShouldBe(256);
    }

    [Fact]
    public async Task Headers_are_counted_as_they_come()
    {
        using var server = new HubServer().AddHuge();
        using var hub = HubTest.Hub(server.Endpoint);
        var reports = new Reports();

        await hub.ReadAsync(HubTest.Id, "main", reports, TestContext.Current.CancellationToken);

        reports.Seen.Order().ShouldBe([1, 2]);
        reports.Total.ShouldBe(2);
    }

    [Fact]
    public async Task A_revision_is_asked_for_by_name()
    {
        using var server = new HubServer().AddTiny();
        using var hub = HubTest.Hub(server.Endpoint);

        await hub.ReadAsync(HubTest.Id, "v1.0", TestContext.Current.CancellationToken);

        server.Requests.ShouldAllBe(request => request.Path.StartsWith("/org/tiny/resolve/v1.0/"));
        await Should.ThrowAsync<BadContentException>(() => hub.ReadAsync(HubTest.Id, "../../other"));
        await Should.ThrowAsync<BadContentException>(() => hub.ReadAsync("no id"));
    }

    [Theory]
    [InlineData("config.json", 16_000_001)]
    [InlineData("model.safetensors.index.json", 100_000_001)]
    public async Task A_json_file_that_is_too_large_is_refused_before_it_is_read(string file, long length)
    {
        using var server = new HubServer().AddTiny().Add(file, [(byte)'{'], length);

        var error = await Should.ThrowAsync<BadContentException>(() => server.ReadAsync());

        error.File.ShouldEndWith(file);
        error.Found.ShouldBe($"{length} bytes");
        server.Sent.ShouldBeLessThan(8_000_000);
    }

    [Fact]
    public async Task A_json_file_of_unstated_length_is_read_up_to_the_limit()
    {
        using var server = new HubServer().AddTiny();
        server.Instead = request =>
            Task.FromResult<HubAnswer?>(
                request.File == "config.json"
                    ? new HubAnswer(200, [(byte)'{']) { Zeros = 1L << 40, ContentLength = null }
                    : null
            );

        var error = await Should.ThrowAsync<BadContentException>(() => server.ReadAsync());

        error.Expected.ShouldBe("at most 16000000 bytes");
        server.Sent.ShouldBeLessThan(32_000_000);
    }

    [Fact]
    public async Task A_header_that_claims_too_much_is_refused_without_being_read()
    {
        var head = SafetensorsWriter.WithLength(100_000_001, Encoding.UTF8.GetBytes("{"));
        using var server = new HubServer().AddTiny().Add("model.safetensors", head, 1L << 40);

        var error = await Should.ThrowAsync<BadContentException>(() => server.ReadAsync());

        error.File.ShouldBe($"{server.Endpoint}org/tiny/resolve/main/model.safetensors");
        server.Sent.ShouldBeLessThan(300_000);
    }

    [Fact]
    public async Task A_model_may_not_transfer_more_than_its_budget()
    {
        using var server = new HubServer().AddHuge();
        using var hub = HubTest.Hub(server.Endpoint, largest: new ByteSize(100_000));

        var error = await Should.ThrowAsync<BadContentException>(() => hub.ReadAsync(HubTest.Id));

        error.Expected.ShouldBe("at most 100000 bytes");
    }

    [Theory]
    [InlineData("../../other/model.safetensors")]
    [InlineData("http://127.0.0.1/model.safetensors")]
    public async Task An_index_that_leads_elsewhere_is_refused(string shard)
    {
        using var server = new HubServer()
            .AddTiny()
            .Add("model.safetensors.index.json", $$"""{ "weight_map": { "a": "{{shard}}" } }""");

        var error = await Should.ThrowAsync<BadContentException>(() => server.ReadAsync());

        error.Expected.ShouldBe("a file name without folders");
        server.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_empty_file_is_no_model()
    {
        using var server = new HubServer().AddTiny().Add("model.safetensors", []);

        var error = await Should.ThrowAsync<BadContentException>(() => server.ReadAsync());

        error.Message.ShouldContain("a file of 0 bytes");
    }

    private sealed class Reports : IProgress<HeaderProgress>
    {
        private readonly List<int> seen = [];

        public IReadOnlyList<int> Seen => seen;

        public int Total { get; private set; }

        public void Report(HeaderProgress value)
        {
            lock (seen)
            {
                seen.Add(value.Read);
                Total = value.Total;
            }
        }
    }
}
