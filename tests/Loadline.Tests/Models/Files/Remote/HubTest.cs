using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Tests.Models.Files.Remote;

/// <summary>What tests of the hub share: one that waits for nothing, and the tiny model in several forms.</summary>
internal static class HubTest
{
    public const string Id = "org/tiny";
    public const string Token = "hf_secret";

    public static readonly TimeSpan Silence = TimeSpan.FromHours(1);
    public static readonly TimeSpan Overall = TimeSpan.FromHours(2);

    public static RemoteHub Hub(Uri endpoint, TestClock? clock = null, int attempts = 4, ByteSize? largest = null) =>
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                MaxResponseDrainSize = 0,
            },
            Options(endpoint, clock, attempts, largest)
        );

    public static RemoteHubOptions Options(
        Uri endpoint,
        TestClock? clock = null,
        int attempts = 4,
        ByteSize? largest = null
    ) =>
        new()
        {
            Endpoint = endpoint,
            Token = Token,
            SilenceTimeout = Silence,
            OverallTimeout = Overall,
            Retry = new RetryPolicy { Attempts = attempts },
            Time = clock ?? new TestClock(),
            LargestTransfer = largest ?? ByteSize.FromGiB(0.5),
        };

    public static async Task<Model> ReadAsync(this HubServer server, string id = Id, TestClock? clock = null)
    {
        using var hub = Hub(server.Endpoint, clock);
        return await hub.ReadAsync(id);
    }

    public static HubServer AddTiny(this HubServer server) =>
        server.Add("config.json", TinyLlama.Config).Add("model.safetensors", TinyLlama.Safetensors());

    public static byte[] Gguf() => TinyLlama.Tensors(TinyLlama.Metadata()).ToBytes();

    /// <summary>
    /// The tiny model with a vocabulary of ten million: embedding and head of 5.12 GB each, in two files of which only
    /// the headers exist.
    /// </summary>
    public static HubServer AddHuge(this HubServer server)
    {
        (string Name, string Type, int Size, long[] Shape) Large(string name) => (name, "BF16", 2, [10_000_000, 256]);

        var first = new[] { Large("model.embed_tokens.weight"), ("model.norm.weight", "BF16", 2, [256]) };
        (string, string, int, long[])[] second =
        [
            Large("lm_head.weight"),
            .. TinyLlama.Layer(0),
            .. TinyLlama.Layer(1),
        ];
        return server
            .Add("config.json", TinyLlama.Config.Replace("\"vocab_size\": 10,", "\"vocab_size\": 10000000,"))
            .AddShard("model-00001-of-00002.safetensors", first)
            .AddShard("model-00002-of-00002.safetensors", second)
            .Add("model.safetensors.index.json", Index([first, second]));
    }

    public static string Index(IReadOnlyList<(string Name, string Type, int Size, long[] Shape)[]> shards)
    {
        var entries = shards.SelectMany(
            (tensors, i) =>
                tensors.Select(tensor => $"\"{tensor.Name}\": \"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors\"")
        );
        return $$"""{ "weight_map": { {{string.Join(", ", entries)}} } }""";
    }

    private static HubServer AddShard(
        this HubServer server,
        string name,
        (string Name, string Type, int Size, long[] Shape)[] tensors
    )
    {
        var (json, dataBytes) = SafetensorsWriter.Header(tensors);
        var head = SafetensorsWriter.WithHeader(json);
        return server.Add(name, head, head.Length + dataBytes);
    }
}
