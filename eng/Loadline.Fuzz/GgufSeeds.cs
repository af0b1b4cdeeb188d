using System.Text;
using Loadline.Models;

namespace Loadline.Fuzz;

/// <summary>
/// Inputs from the description of GGUF: a value and an array of every type, every tensor type, every count and length
/// once as a lie, and small models of every architecture that is read.
/// </summary>
internal static class GgufSeeds
{
    private static readonly string[] Architectures =
    [
        "llama",
        "qwen2",
        "qwen3",
        "qwen3moe",
        "gemma2",
        "gemma3",
        "phi3",
        "gpt2",
        "gpt-oss",
    ];

    public static IReadOnlyList<byte[]> Of(uint version) =>
        [
            .. Enumerable.Range(0, 13).Select(type => Write(version, [Value((uint)type)], [])),
            .. Enumerable.Range(0, 13).Select(type => Write(version, [Array((uint)type)], [])),
            .. Enumerable.Range(0, 42).Select(type => Write(version, [], [Tensor("a", (uint)type, 0, 256, 2)])),
            Write(version, [Entry("general.alignment", 4, writer => writer.Write(64u))], [Tensor("a", 0, 64, 8)]),
            Write(version, [], [Tensor("a", 0, 0, 8), Tensor("b", 1, 32, 16, 2, 1, 1), Tensor("c", 0, 96)]),
            Write(version, [], [Tensor("a", 0, 0, 8), Tensor("b", 0, 16, 8)]),
            Write(version, [], [Tensor("a", 0, 0, ulong.MaxValue, 1UL << 62)]),
            Write(version, [Value(8), Value(8)], []),
            .. new[] { ulong.MaxValue, 1UL << 63, 1UL << 32, 1_000_000UL }.SelectMany(count =>
                new[]
                {
                    Write(version, [Value(4)], [Tensor("a", 0, 0, 8)], tensorCount: count),
                    Write(version, [Value(4)], [Tensor("a", 0, 0, 8)], entryCount: count),
                }
            ),
            .. Architectures.Select(architecture => Model(version, architecture)),
        ];

    /// <summary>A model of one layer, hidden size 32, two heads, a vocabulary of two.</summary>
    private static byte[] Model(uint version, string architecture)
    {
        string[] numbers =
        [
            "block_count:1",
            "embedding_length:32",
            "feed_forward_length:32",
            "attention.head_count:2",
            "attention.head_count_kv:1",
            "attention.key_length:16",
            "attention.value_length:16",
            "attention.sliding_window:8",
            "context_length:64",
            "expert_count:2",
            "expert_used_count:1",
            "expert_feed_forward_length:32",
            "vocab_size:2",
        ];
        Action<BinaryWriter>[] entries =
        [
            Entry("general.architecture", 8, writer => Text(writer, architecture)),
            Entry("general.file_type", 4, writer => writer.Write(1u)),
            .. numbers
                .Select(number => number.Split(':'))
                .Select(pair => Entry($"{architecture}.{pair[0]}", 4, writer => writer.Write(uint.Parse(pair[1])))),
            Entry(
                "tokenizer.ggml.tokens",
                9,
                writer =>
                {
                    writer.Write(8u);
                    writer.Write(2UL);
                    Text(writer, "a");
                    Text(writer, "b");
                }
            ),
        ];
        return Write(
            version,
            entries,
            [
                Tensor("token_embd.weight", 0, 0, 32, 2),
                Tensor("blk.0.attn_q.weight", 1, 256, 32, 32),
                Tensor("output_norm.weight", 0, 2304, 32),
            ]
        );
    }

    private static Action<BinaryWriter> Value(uint type) =>
        Entry("general.value", type, writer => Scalar(writer, type));

    private static Action<BinaryWriter> Array(uint type) =>
        Entry(
            "general.array",
            9,
            writer =>
            {
                writer.Write(type);
                writer.Write(2UL);
                Scalar(writer, type);
                Scalar(writer, type);
            }
        );

    private static void Scalar(BinaryWriter writer, uint type)
    {
        switch ((GgufType)type)
        {
            case GgufType.String:
                Text(writer, "text");
                break;
            case GgufType.Array:
                writer.Write((uint)GgufType.UInt16);
                writer.Write(1UL);
                writer.Write((ushort)7);
                break;
            default:
                writer.Write(new byte[GgufValue.SizeOf((GgufType)type)!.Value]);
                break;
        }
    }

    private static Action<BinaryWriter> Entry(string key, uint type, Action<BinaryWriter> value) =>
        writer =>
        {
            Text(writer, key);
            writer.Write(type);
            value(writer);
        };

    private static Action<BinaryWriter> Tensor(string name, uint type, ulong offset, params ulong[] dimensions) =>
        writer =>
        {
            Text(writer, name);
            writer.Write((uint)dimensions.Length);
            foreach (var dimension in dimensions)
                writer.Write(dimension);
            writer.Write(type);
            writer.Write(offset);
        };

    private static byte[] Write(
        uint version,
        Action<BinaryWriter>[] entries,
        Action<BinaryWriter>[] infos,
        ulong? tensorCount = null,
        ulong? entryCount = null
    )
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("GGUF"u8);
        writer.Write(version);
        writer.Write(tensorCount ?? (ulong)infos.Length);
        writer.Write(entryCount ?? (ulong)entries.Length);
        foreach (var entry in entries)
            entry(writer);
        foreach (var info in infos)
            info(writer);
        while (stream.Length % 32 != 0)
            writer.Write((byte)0);
        if (infos.Length > 0)
            writer.Write(new byte[2560]);
        return stream.ToArray();
    }

    private static void Text(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
