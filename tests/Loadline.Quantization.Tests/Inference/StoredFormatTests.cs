using Loadline.Models;
using Loadline.Quantization.Inference;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

/// <summary>A model in a packed format computes what the same numbers in fp32 do, to the last bit.</summary>
public sealed class StoredFormatTests
{
    private static readonly ModelConfig Config = ConfigFile.Read(Path.Combine(TestModels.Llama, "config.json"));
    private static readonly int[] Tokens = [0, 70, 300, 5, 999, 12, 80];

    public static TheoryData<string> BlockNames => ["Q4_0", "Q8_0", "Q4_K", "Q6_K", "fp16"];

    [Theory]
    [MemberData(nameof(BlockNames))]
    public void Block_formats(string name)
    {
        var codec = BlockCodecs.Find(BlockFormats.ByName[name])!;
        using var packed = new MemoryStore();
        using var plain = new MemoryStore();
        ForEachTensor(
            (tensor, numbers) =>
            {
                if (tensor.Shape.Length < 2)
                {
                    AddPlain(plain, tensor, numbers);
                    AddPlain(packed, tensor, numbers);
                    return;
                }
                var bytes = new byte[codec.Format.SizeOf(tensor.Shape[0], tensor.Shape[1]).Bytes];
                codec.Encode(numbers, bytes, []);
                packed.Add(tensor.Name, codec.Format, tensor.Shape, bytes);
                codec.Decode(bytes, numbers);
                AddPlain(plain, tensor, numbers);
            }
        );
        ShouldBeTheSame(packed, plain);
    }

    public static TheoryData<string> MatrixNames => [.. MatrixCodecs.Names];

    [Theory]
    [MemberData(nameof(MatrixNames))]
    public void Formats_with_parts(string name)
    {
        var codec = MatrixCodecs.Find(name)!;
        using var packed = new MemoryStore();
        using var plain = new MemoryStore();
        ForEachTensor(
            (tensor, numbers) =>
            {
                if (!tensor.Name.Contains("_proj"))
                {
                    AddPlain(plain, tensor, numbers);
                    AddPlain(packed, tensor, numbers);
                    return;
                }
                var (rows, columns) = (tensor.Shape[0], tensor.Shape[1]);
                var layouts = codec.PartsOf(rows, columns);
                var parts = layouts.Select(layout => new byte[layout.Bytes]).ToList();
                MatrixRows source = (first, to) => numbers.AsSpan((int)(first * columns), to.Length).CopyTo(to);
                codec.Encode(source, rows, columns, [], [.. parts.Select(part => part.AsMemory())]);
                for (var i = 0; i < parts.Count; i++)
                    packed.Add(
                        tensor.Name.Replace("weight", layouts[i].Suffix),
                        layouts[i].Format,
                        layouts[i].Shape,
                        parts[i]
                    );
                var decoded = new float[numbers.Length];
                codec.DecodeRows([.. parts.Select(part => new ReadOnlyMemory<byte>(part))], rows, columns, 0, decoded);
                AddPlain(plain, tensor, decoded);
            }
        );
        ShouldBeTheSame(packed, plain);
    }

    [Fact]
    public void A_format_that_is_unknown_is_named()
    {
        using var store = new MemoryStore();
        ForEachTensor((tensor, _) => store.Add(tensor.Name, BlockFormats.Complex64, tensor.Shape, []));
        Should
            .Throw<BadContentException>(() => ReferenceModel.Load(Config, store))
            .Message.ShouldContain("format complex64; expected a format that can be decoded");
    }

    private static void ForEachTensor(Action<StoredTensor, float[]> action)
    {
        using var store = SafetensorsStore.Open(TestModels.Llama);
        foreach (var tensor in store.Tensors)
        {
            var bytes = new byte[tensor.Bytes];
            store.Read(tensor, 0, bytes);
            var numbers = new float[tensor.Elements];
            BlockCodecs.Find(tensor.Format)!.Decode(bytes, numbers);
            action(tensor, numbers);
        }
    }

    private static void AddPlain(MemoryStore store, StoredTensor tensor, float[] numbers)
    {
        var bytes = new byte[numbers.Length * sizeof(float)];
        Buffer.BlockCopy(numbers, 0, bytes, 0, bytes.Length);
        store.Add(tensor.Name, BlockFormats.Fp32, tensor.Shape, bytes);
    }

    private static void ShouldBeTheSame(MemoryStore packed, MemoryStore plain)
    {
        using var one = ReferenceModel.Load(Config, packed);
        using var other = ReferenceModel.Load(Config, plain);
        var (found, expected) = (one.Forward(Tokens), other.Forward(Tokens));
        for (var i = 0; i < Tokens.Length; i++)
            found[i].ToArray().ShouldBe(expected[i].ToArray());
    }
}
