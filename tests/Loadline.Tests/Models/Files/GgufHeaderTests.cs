using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

public sealed class GgufHeaderTests
{
    private const uint F32 = 0;
    private const uint Q4K = 12;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_sound_file_lists_its_tensors_rows_first(uint version)
    {
        // 256 weights of Q4_K are one block of 144 bytes; 2 rows of 512 are four blocks.
        var header = Read(
            new GgufWriter { Version = version }
                .Add("general.architecture", "llama")
                .Tensor("blk.0.attn_q.weight", Q4K, 576, 2, 512)
                .Tensor("output_norm.weight", F32, 40, 10)
        );

        header.Version.ShouldBe((int)version);
        header.Metadata.Text("general.architecture").ShouldBe("llama");
        header.Tensors[0].Shape.ShouldBe([2L, 512L]);
        header.Tensors[0].Format.ShouldBe(BlockFormats.Q4_K);
        header.Tensors[0].Bytes.ShouldBe(576);
        header.Offsets.ShouldBe([0L, 576L]);
        header.Tensors[1].Bytes.ShouldBe(40);
        (header.DataStart % 32).ShouldBe(0);
    }

    [Fact]
    public void Values_of_all_types_are_read_or_stepped_over()
    {
        var header = Read(
            new GgufWriter()
                .Entry("u8", GgufType.UInt8, writer => writer.Write((byte)200))
                .Entry("i8", GgufType.Int8, writer => writer.Write((sbyte)-3))
                .Entry("u16", GgufType.UInt16, writer => writer.Write((ushort)60_000))
                .Entry("i16", GgufType.Int16, writer => writer.Write((short)-4))
                .Entry("u32", GgufType.UInt32, writer => writer.Write(uint.MaxValue))
                .Entry("i32", GgufType.Int32, writer => writer.Write(-5))
                .Entry("f32", GgufType.Float32, writer => writer.Write(1.5f))
                .Entry("bool", GgufType.Bool, writer => writer.Write(true))
                .Entry("u64", GgufType.UInt64, writer => writer.Write(ulong.MaxValue))
                .Entry("i64", GgufType.Int64, writer => writer.Write(-6L))
                .Entry("f64", GgufType.Float64, writer => writer.Write(2.5))
                .Add("text", "caf\u00e9")
                .AddNumbers("numbers", 1, -2)
                .AddStrings("tokens", 150_000)
                .Entry("nested", GgufType.Array, WriteNested)
        );

        long? Whole(string key) => header.Metadata.Find(key)!.Value.Whole;
        Whole("u8").ShouldBe(200);
        Whole("i8").ShouldBe(-3);
        Whole("u16").ShouldBe(60_000);
        Whole("i16").ShouldBe(-4);
        Whole("u32").ShouldBe(uint.MaxValue);
        Whole("i32").ShouldBe(-5);
        Whole("bool").ShouldBe(1);
        Whole("i64").ShouldBe(-6);
        Whole("f32").ShouldBeNull();
        Whole("f64").ShouldBeNull();
        Whole("u64").ShouldBeNull("it does not fit");
        header.Metadata.Text("text").ShouldBe("caf\u00e9");
        header.Metadata.Find("numbers")!.Value.Wholes.ShouldBe([1L, -2L]);
        header.Metadata.Find("tokens")!.Value.Count.ShouldBe(150_000);
        header.Metadata.Find("tokens")!.Value.Bytes.Length.ShouldBe(0);
        header.Metadata.Find("nested")!.Value.ElementType.ShouldBe(GgufType.Array);
        header.Metadata.Count.ShouldBe(15);
    }

    [Fact]
    public void A_tokenizer_of_150_000_strings_is_not_kept_in_memory()
    {
        var file = new GgufWriter().AddStrings("tokenizer.ggml.tokens", 150_000).ToBytes();
        _ = Read(file);

        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = Read(file);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(200_000);
    }

    [Fact]
    public void Claimed_metadata_beyond_the_file_is_refused_before_it_is_read()
    {
        var file = new GgufWriter { ClaimedEntries = 1UL << 62, Cut = -992 }.ToBytes();
        file.Length.ShouldBe(1024);

        // After the counts 1,000 bytes are left, room for 71 entries of at least 14 bytes.
        Refused(file)
            .Message.ShouldBe(
                "llama.gguf: byte 16: 4611686018427387904 metadata entries claimed, but the file has 1024 bytes; "
                    + "expected at most 71"
            );
    }

    [Theory]
    [InlineData(1_000_000_000_000_000_000)]
    [InlineData(ulong.MaxValue)]
    public void Claimed_tensors_beyond_the_file_are_refused_before_they_are_read(ulong claimed)
    {
        var exception = Refused(new GgufWriter { ClaimedTensors = claimed });

        exception.Place.ShouldBe("byte 8");
        exception.Found.ShouldStartWith($"{claimed} tensors claimed");
    }

    [Theory]
    [InlineData(0, "GGUF version 0")]
    [InlineData(1, "GGUF version 1")]
    [InlineData(4, "GGUF version 4")]
    [InlineData(0x03000000, "big-endian")]
    public void Versions_other_than_2_and_3_are_refused(uint version, string found)
    {
        var exception = Refused(new GgufWriter { Version = version });

        exception.Place.ShouldBe("byte 4");
        exception.Found.ShouldContain(found);
    }

    [Fact]
    public void Another_kind_of_file_is_refused() =>
        Refused("GGML, the format before"u8.ToArray()).Place.ShouldBe("byte 0");

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        var file = new GgufWriter()
            .Add("general.architecture", "llama")
            .AddNumbers("numbers", 1, 2, 3)
            .AddStrings("strings", 3)
            .Tensor("a", F32, 64, 4, 4)
            .ToBytes();
        _ = Read(file);

        for (var length = 0; length < file.Length; length++)
            Refused(file[..length]).File.ShouldBe("llama.gguf");
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 40)]
    [InlineData(70_000)]
    public void A_key_longer_than_the_file_is_refused(ulong length)
    {
        var file = new GgufWriter { Cut = -66_000 }
            .Add("key", 1)
            .ToBytes();
        BitConverter.GetBytes(length).CopyTo(file, 24);

        Refused(file).Place.ShouldBe("byte 24");
    }

    [Fact]
    public void A_string_longer_than_the_file_is_refused() =>
        Refused(new GgufWriter().Entry("key", GgufType.String, writer => writer.Write(1UL << 62)))
            .Found.ShouldContain("of length 4611686018427387904 claimed");

    [Theory]
    [InlineData(GgufType.UInt8)]
    [InlineData(GgufType.Float64)]
    [InlineData(GgufType.String)]
    [InlineData(GgufType.Array)]
    public void An_array_longer_than_the_file_is_refused(GgufType type) =>
        Refused(
            new GgufWriter().Entry(
                "key",
                GgufType.Array,
                writer =>
                {
                    writer.Write((uint)type);
                    writer.Write(1UL << 61);
                }
            )
        )
            .Found.ShouldContain("of length 2305843009213693952 claimed");

    [Fact]
    public void Arrays_nested_without_end_are_refused() =>
        Refused(
            new GgufWriter().Entry(
                "key",
                GgufType.Array,
                writer =>
                {
                    for (var depth = 0; depth < 10_000; depth++)
                    {
                        writer.Write((uint)GgufType.Array);
                        writer.Write(1UL);
                    }
                }
            )
        )
            .Found.ShouldContain("arrays in arrays");

    [Fact]
    public void A_sparse_file_of_a_terabyte_of_empty_strings_is_not_walked()
    {
        var file = new GgufWriter()
            .Entry(
                "key",
                GgufType.Array,
                writer =>
                {
                    writer.Write((uint)GgufType.String);
                    writer.Write(100_000_000UL);
                }
            )
            .ToBytes();
        using var stream = new LongStream(file, 1L << 40);

        Should
            .Throw<BadContentException>(() => GgufHeader.Read(stream, "sparse.gguf"))
            .Found.ShouldContain("100000000 strings");
    }

    [Fact]
    public void A_value_of_unknown_type_is_refused() =>
        Refused(new GgufWriter().Entry("key"u8.ToArray(), 13, writer => writer.Write(0)))
            .Found.ShouldContain("unknown type 13");

    [Fact]
    public void A_key_twice_is_refused() =>
        Refused(new GgufWriter().Add("key", 1).Add("key", 2)).Found.ShouldContain("\"key\" for the second time");

    [Fact]
    public void An_empty_key_is_refused() => Refused(new GgufWriter().Add("", 1)).Found.ShouldContain("empty");

    [Fact]
    public void A_key_that_is_not_utf8_is_refused() =>
        Refused(new GgufWriter().Entry([0xFF, 0xFE], (uint)GgufType.UInt8, writer => writer.Write((byte)1)))
            .Found.ShouldContain("not UTF-8");

    [Fact]
    public void A_text_that_is_not_utf8_is_refused() =>
        Refused(
            new GgufWriter().Entry(
                "key",
                GgufType.String,
                writer =>
                {
                    writer.Write(1UL);
                    writer.Write((byte)0xFF);
                }
            )
        )
            .Found.ShouldContain("not UTF-8");

    [Theory]
    [InlineData(0)]
    [InlineData(24)]
    public void An_alignment_that_is_no_power_of_two_is_refused(uint alignment) =>
        Refused(new GgufWriter().Add("general.alignment", alignment)).Place.ShouldContain("general.alignment");

    [Fact]
    public void An_alignment_of_another_type_is_refused() =>
        Refused(new GgufWriter().Add("general.alignment", "32")).Place.ShouldContain("general.alignment");

    [Fact]
    public void The_alignment_of_the_file_is_honoured()
    {
        var header = Read(
            new GgufWriter { Alignment = 128 }
                .Add("general.alignment", 128)
                .Tensor("a", F32, 4, 1)
                .Tensor("b", F32, 4, 1)
        );

        header.Offsets.ShouldBe([0L, 128L]);
        (header.DataStart % 128).ShouldBe(0);
    }

    private static void WriteNested(BinaryWriter writer)
    {
        writer.Write((uint)GgufType.Array);
        writer.Write(2UL);
        for (var i = 0; i < 2; i++)
        {
            writer.Write((uint)GgufType.UInt16);
            writer.Write(3UL);
            writer.Write(new byte[6]);
        }
    }

    private static GgufHeader Read(byte[] file) => GgufHeader.Read(new MemoryStream(file), "llama.gguf");

    private static GgufHeader Read(GgufWriter writer) => Read(writer.ToBytes());

    private static BadContentException Refused(byte[] file) => Should.Throw<BadContentException>(() => Read(file));

    private static BadContentException Refused(GgufWriter writer) => Refused(writer.ToBytes());
}
