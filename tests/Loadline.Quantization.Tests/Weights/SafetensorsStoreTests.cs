using System.Buffers.Binary;
using System.Text;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

public sealed class SafetensorsStoreTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("loadline-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void One_file_with_several_types_gives_each_tensor_its_bytes()
    {
        var path = Write(
            "model.safetensors",
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}""",
            [0, 0, 128, 63, 7, 9]
        );
        using var store = SafetensorsStore.Open(path);

        // 0x3F800000 is 1 in fp32.
        BinaryPrimitives.ReadSingleLittleEndian(Bytes(store, "a")).ShouldBe(1f);
        Bytes(store, "b").ShouldBe([7, 9]);
        store.Map(store.Find("b")!.Value).Slice(1, 1).ToArray().ShouldBe([9]);
        store.Find("c").ShouldBeNull();
    }

    [Fact]
    public void Shards_of_an_index_are_one_store()
    {
        Write("x-1.safetensors", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", [1]);
        Write("x-2.safetensors", """{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", [2]);
        File.WriteAllText(
            Path.Combine(folder, "model.safetensors.index.json"),
            """{"weight_map":{"a":"x-1.safetensors","b":"x-2.safetensors"}}"""
        );
        using var store = SafetensorsStore.Open(folder);

        store.Tensors.Select(tensor => tensor.Name).ShouldBe(["a", "b"]);
        Bytes(store, "b").ShouldBe([2]);
    }

    [Fact]
    public void A_missing_shard_is_named()
    {
        File.WriteAllText(
            Path.Combine(folder, "model.safetensors.index.json"),
            """{"weight_map":{"a":"x-1.safetensors"}}"""
        );

        Should
            .Throw<FileNotFoundException>(() => SafetensorsStore.Open(folder))
            .Message.ShouldContain("x-1.safetensors");
    }

    [Fact]
    public void A_file_shortened_after_its_header_was_read_is_an_error_with_its_path()
    {
        var path = Write(
            "model.safetensors",
            """{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}""",
            [1, 2, 3, 4, 5, 6, 7, 8]
        );
        using var store = SafetensorsStore.Open(path);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(file.Length - 3);

        Should.Throw<IOException>(() => Bytes(store, "a")).Message.ShouldStartWith(path);
    }

    private static byte[] Bytes(WeightStore store, string name)
    {
        var tensor = store.Find(name)!.Value;
        var bytes = new byte[tensor.Bytes];
        store.Read(tensor, 0, bytes);
        return bytes;
    }

    private string Write(string name, string header, byte[] data)
    {
        var path = Path.Combine(folder, name);
        var json = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        File.WriteAllBytes(path, [.. length, .. json, .. data]);
        return path;
    }
}
