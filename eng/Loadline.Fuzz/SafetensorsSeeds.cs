using System.Buffers.Binary;
using System.Text;

namespace Loadline.Fuzz;

/// <summary>Inputs from the description of the safetensors format: one per type, per field and per length.</summary>
internal static class SafetensorsSeeds
{
    private static readonly (string Name, int Bits)[] Types =
    [
        ("F64", 64),
        ("F32", 32),
        ("F16", 16),
        ("BF16", 16),
        ("F8_E4M3", 8),
        ("F8_E5M2", 8),
        ("F8_E8M0", 8),
        ("F4", 4),
        ("F6_E2M3", 6),
        ("F6_E3M2", 6),
        ("C64", 64),
        ("I64", 64),
        ("I32", 32),
        ("I16", 16),
        ("I8", 8),
        ("U64", 64),
        ("U32", 32),
        ("U16", 16),
        ("U8", 8),
        ("BOOL", 8),
    ];

    public static IReadOnlyList<byte[]> Files { get; } =
    [
        .. Types.Select(type => Write([Tensor("a", type.Name, [4, 4], 0, 2 * type.Bits)], 2 * type.Bits)),
        Write([], 0),
        Write(["\"__metadata__\":{\"format\":\"pt\",\"x\":\"\\u00e9\\n\"}", Tensor("a", "F32", [2], 0, 8)], 8),
        Write([Tensor("a", "F32", [], 0, 4), Tensor("b", "F32", [0, 7], 4, 4), Tensor("c", "BF16", [2], 4, 8)], 8),
        Write([Tensor("b", "F32", [2], 8, 16), Tensor("a", "F32", [2], 0, 8)], 16),
        Write(["\"a\":{\"data_offsets\":[0,8],\"shape\":[2],\"dtype\":\"F32\",\"more\":[1,{}]}"], 8),
        Write([Tensor("model.layers.0.mlp.up_proj.weight", "BF16", [1, 1, 1, 1, 8], 0, 16)], 16),
        Write([Tensor("a", "F32", [4294967296, 4294967296], 0, 8)], 8),
        Write([Tensor("a", "F32", [3], 0, 8)], 8),
        Write([Tensor("a", "F32", [2], 0, 8), Tensor("a", "F32", [2], 8, 16)], 16),
        Write([Tensor("a", "F32", [2], 0, 8), Tensor("b", "F32", [2], 4, 12)], 12),
        Write([Tensor("a", "F32", [2], 4, 12)], 12),
        Write([Tensor("a", "Q4_K", [2], 0, 8)], 8),
        .. new ulong[] { 0, 1, 100_000_001, ulong.MaxValue, 1UL << 63 }.Select(length =>
            WithLength(length, Write([Tensor("a", "F32", [2], 0, 8)], 8))
        ),
    ];

    public static IReadOnlyList<byte[]> Indexes { get; } =
    [
        .. new[]
        {
            """{"metadata":{"total_size":16060522496},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""",
            """{"metadata":{"total_size":16060522496.0},"weight_map":{"a":"x.safetensors"}}""",
            """{"weight_map":{}}""",
            """{"metadata":{},"weight_map":{"a":"../x"}}""",
            """{"weight_map":{"a":"C:\\x","b":"/etc/passwd","c":""}}""",
            """{"metadata":{"total_size":-1},"weight_map":{"a":"x"}}""",
            """{"metadata":[1,[2,[3,{"a":{"b":null}}]]],"weight_map":{"a":1}}""",
            """{"weight_map":{"a":"x","a":"y"}}""",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private static string Tensor(string name, string type, long[] shape, long begin, long end) =>
        $$"""
            "{{name}}":{"dtype":"{{type}}","shape":[{{string.Join(',', shape)}}],"data_offsets":[{{begin}},{{end}}]}
            """;

    private static byte[] Write(string[] entries, int dataBytes)
    {
        var json = Encoding.UTF8.GetBytes("{" + string.Join(',', entries) + "}");
        var file = new byte[8 + json.Length + dataBytes];
        json.CopyTo(file, 8);
        return WithLength((ulong)json.Length, file);
    }

    private static byte[] WithLength(ulong length, byte[] file)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        return file;
    }
}
