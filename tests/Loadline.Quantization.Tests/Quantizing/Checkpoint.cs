using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Loadline.Quantization.Tests;

/// <summary>A small checkpoint in a folder of its own, and a place beside it for outputs.</summary>
internal sealed class Checkpoint : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("loadline-").FullName;

    public Checkpoint()
    {
        Folder = Path.Combine(root, "model");
        Directory.CreateDirectory(Folder);
    }

    public string Folder { get; }

    public string Output(string name) => Path.Combine(root, name);

    /// <summary>One Llama layer of hidden size 64 and 4 heads of 16, with seeded noise in every weight.</summary>
    public static Checkpoint Llama(
        int hidden = 64,
        int intermediate = 64,
        string type = "llama",
        Action<JsonObject>? change = null,
        Action<Dictionary<string, (long[] Shape, float[] Numbers)>>? weights = null
    )
    {
        var checkpoint = new Checkpoint();
        var config = new JsonObject
        {
            ["model_type"] = type,
            ["hidden_size"] = hidden,
            ["intermediate_size"] = intermediate,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["num_hidden_layers"] = 1,
            ["vocab_size"] = 32,
            ["max_position_embeddings"] = 128,
            ["rms_norm_eps"] = 1e-5,
            ["tie_word_embeddings"] = true,
            ["torch_dtype"] = "float32",
        };
        change?.Invoke(config);
        checkpoint.Write("config.json", config.ToJsonString());
        checkpoint.Write("tokenizer.json", Tokenizer(32));
        var random = new Random(1);
        const string Layer = "model.layers.0.";
        var tensors = new Dictionary<string, (long[] Shape, float[] Numbers)>();
        void Add(string name, params long[] shape) => tensors.Add(name, (shape, Noise(random, shape)));
        Add("model.embed_tokens.weight", 32, hidden);
        Add($"{Layer}input_layernorm.weight", hidden);
        Add($"{Layer}post_attention_layernorm.weight", hidden);
        Add($"{Layer}self_attn.q_proj.weight", hidden, hidden);
        Add($"{Layer}self_attn.k_proj.weight", hidden / 2, hidden);
        Add($"{Layer}self_attn.v_proj.weight", hidden / 2, hidden);
        Add($"{Layer}self_attn.o_proj.weight", hidden, hidden);
        Add($"{Layer}mlp.gate_proj.weight", intermediate, hidden);
        Add($"{Layer}mlp.up_proj.weight", intermediate, hidden);
        Add($"{Layer}mlp.down_proj.weight", hidden, intermediate);
        Add("model.norm.weight", hidden);
        weights?.Invoke(tensors);
        checkpoint.WriteWeights("model.safetensors", tensors);
        return checkpoint;
    }

    public void Write(string name, string text) => File.WriteAllText(Path.Combine(Folder, name), text);

    public void WriteWeights(string name, IReadOnlyDictionary<string, (long[] Shape, float[] Numbers)> tensors)
    {
        var header = new JsonObject();
        var data = new MemoryStream();
        foreach (var (tensor, (shape, numbers)) in tensors)
        {
            var start = data.Length;
            data.Write(MemoryMarshal.AsBytes(numbers.AsSpan()));
            header[tensor] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]),
                ["data_offsets"] = new JsonArray(start, data.Length),
            };
        }
        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        File.WriteAllBytes(Path.Combine(Folder, name), [.. length, .. json, .. data.ToArray()]);
    }

    public static QuantizationReport Quantize(
        QuantizationRequest request,
        IProgress<QuantizationProgress>? progress = null
    ) => Quantizer.Run(request, progress, TestContext.Current.CancellationToken);

    /// <summary>Contents of every file below a place, by name.</summary>
    public static Dictionary<string, byte[]> FilesIn(string place) =>
        File.Exists(place)
            ? new() { [Path.GetFileName(place)] = File.ReadAllBytes(place) }
            : Directory.EnumerateFiles(place).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes);

    public static float[] Numbers(WeightStore store, string name)
    {
        var tensor = store.Find(name)!.Value;
        var bytes = new byte[tensor.Bytes];
        store.Read(tensor, 0, bytes);
        var numbers = new float[tensor.Elements];
        BlockCodecs.Find(tensor.Format)!.Decode(bytes, numbers);
        return numbers;
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    private static float[] Noise(Random random, long[] shape)
    {
        var numbers = new float[shape.Aggregate((a, b) => a * b)];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = (float)(random.NextDouble() - 0.5);
        return numbers;
    }

    private static string Tokenizer(int size)
    {
        var vocabulary = new JsonObject();
        for (var i = 0; i < size; i++)
            vocabulary[((char)('a' + i)).ToString()] = i;
        return new JsonObject
        {
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray("a b"),
            },
        }.ToJsonString();
    }
}
