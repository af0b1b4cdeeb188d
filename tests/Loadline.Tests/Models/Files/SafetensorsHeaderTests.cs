using System.Text;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

public sealed class SafetensorsHeaderTests
{
    [Fact]
    public void A_sound_file_lists_its_tensors_with_their_places()
    {
        var header = Read(
            SafetensorsWriter.Write(("a.weight", "BF16", 2, [3, 4]), ("b", "F32", 4, []), ("empty", "I64", 8, [0, 5]))
        );

        header.Tensors.Select(tensor => tensor.Name).ShouldBe(["a.weight", "b", "empty"]);
        header.Tensors.Select(tensor => tensor.Bytes).ShouldBe([24L, 4L, 0L]);
        header.Tensors[0].Shape.ShouldBe([3L, 4L]);
        header.Tensors[0].Format.ShouldBe(BlockFormats.Bf16);
        header.Tensors[1].Elements.ShouldBe(1);
        header.Offsets.ShouldBe([0L, 24L, 28L]);
    }

    [Fact]
    public void A_file_in_another_order_than_its_data_is_sound_too()
    {
        var header = Read(
            SafetensorsWriter.WithHeader(
                """
                {"b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]},"__metadata__":{"format":"pt"},
                 "a":{"data_offsets":[0,3],"shape":[3],"dtype":"I8"}}
                """ + "   ",
                5
            )
        );

        header.Offsets.ShouldBe([3L, 0L]);
    }

    [Fact]
    public void Four_bit_tensors_take_half_a_byte_an_element()
    {
        // 3 x 6 elements of 4 bits are 9 bytes, although no row is a whole number of bytes short of that.
        var header = Read(
            SafetensorsWriter.WithHeader("""{"a":{"dtype":"F4","shape":[3,6],"data_offsets":[0,9]}}""", 9)
        );

        header.Tensors[0].Bytes.ShouldBe(9);
    }

    [Theory]
    [InlineData("F64", 8)]
    [InlineData("F32", 4)]
    [InlineData("F16", 2)]
    [InlineData("BF16", 2)]
    [InlineData("F8_E4M3", 1)]
    [InlineData("F8_E5M2", 1)]
    [InlineData("F8_E8M0", 1)]
    [InlineData("I64", 8)]
    [InlineData("I32", 4)]
    [InlineData("I16", 2)]
    [InlineData("I8", 1)]
    [InlineData("U64", 8)]
    [InlineData("U32", 4)]
    [InlineData("U16", 2)]
    [InlineData("U8", 1)]
    [InlineData("BOOL", 1)]
    public void Every_number_type_has_its_size(string type, int size) =>
        Read(SafetensorsWriter.Write(("a", type, size, [7]))).Tensors[0].Bytes.ShouldBe(7 * size);

    [Theory]
    [InlineData(0x8000000000000000)]
    [InlineData(0xFFFFFFFFFFFFFFFF)]
    [InlineData(1017)]
    public void A_header_longer_than_the_file_is_refused_before_it_is_read(ulong claimed)
    {
        var exception = Refused(SafetensorsWriter.WithLength(claimed, new byte[1016]));

        exception.Message.ShouldBe(
            $"llama.safetensors: byte 0: header of {claimed} bytes claimed, but the file has 1024; expected at most 1016"
        );
    }

    [Fact]
    public void A_header_beyond_the_limit_of_the_format_is_refused()
    {
        using var stream = new LongStream(SafetensorsWriter.WithLength(100_000_001, []), 1L << 40);

        var exception = Should.Throw<BadContentException>(() => SafetensorsHeader.Read(stream, "llama.safetensors"));

        exception.Found.ShouldBe("header of 100000001 bytes");
        exception.Expected.ShouldBe("at most 100000000");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void A_file_too_short_for_its_length_is_refused(int bytes) =>
        Refused(new byte[bytes]).Place.ShouldBe("byte 0");

    [Theory]
    [InlineData("", "does not begin with {")]
    [InlineData("[]", "does not begin with {")]
    [InlineData("\uFEFF{}", "does not begin with {")]
    [InlineData("{} x", "'x'")]
    [InlineData("{}{}", "'{'")]
    [InlineData("{", "")]
    [InlineData("{\"a\":1}", "not an object")]
    [InlineData("{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}}", "depth")]
    [InlineData("{\"\\ud800\":{}}", "surrogate")]
    [InlineData("{\"a\":{\"\\ud800\":1}}", "surrogate")]
    [InlineData("{\"a\":{\"dtype\":NaN}}", "invalid")]
    [InlineData("{\"__metadata__\":{\"a\":1}}", "not a string")]
    [InlineData("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "second time")]
    [InlineData("{\"__metadata__\":{},\"__metadata__\":{}}", "second time")]
    public void A_header_that_is_not_an_object_of_tensors_is_refused(string json, string found) =>
        Refused(SafetensorsWriter.WithHeader(json)).Message.ShouldContain(found);

    [Theory]
    [InlineData("\"shape\":[1],\"data_offsets\":[0,1]", "no dtype")]
    [InlineData("\"dtype\":\"U8\",\"data_offsets\":[0,1]", "no shape")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[1]", "no data_offsets")]
    [InlineData("\"dtype\":\"Q4_K\",\"shape\":[1],\"data_offsets\":[0,1]", "dtype \"Q4_K\"")]
    [InlineData("\"dtype\":8,\"shape\":[1],\"data_offsets\":[0,1]", "not a string")]
    [InlineData("\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]", "second time")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,1]", "second time")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"data_offsets\":[0,1]", "second time")]
    [InlineData("\"dtype\":\"U8\",\"shape\":1,\"data_offsets\":[0,1]", "not an array")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]", "shape with -1")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[1.5],\"data_offsets\":[0,1]", "shape with 1.5")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[1e0],\"data_offsets\":[0,1]", "shape with 1e0")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[\"1\"],\"data_offsets\":[0,1]", "shape with String")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[9223372036854775808],\"data_offsets\":[0,1]", "9223372036854775808")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,1]", "2^63 elements")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[4294967296,4294967296,0],\"data_offsets\":[0,0]", "2^63 elements")]
    [InlineData("\"dtype\":\"F64\",\"shape\":[2305843009213693952],\"data_offsets\":[0,0]", "0 bytes")]
    [InlineData("\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,1]", "1 bytes")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[NaN],\"data_offsets\":[0,1]", "'N'")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[Infinity],\"data_offsets\":[0,1]", "'I'")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":1", "not an array")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]", "1 numbers")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,2]", "more than two")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]", "back to 0")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]", "up to 2")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[-1,0]", "data_offsets with -1")]
    [InlineData("\"dtype\":\"U16\",\"shape\":[1],\"data_offsets\":[0,1]", "1 bytes")]
    public void A_tensor_that_cannot_be_is_refused(string fields, string found)
    {
        var exception = Refused(SafetensorsWriter.WithHeader($"{{\"w\":{{{fields}}}}}", 1));

        exception.Message.ShouldContain(found);
        exception.Place.ShouldStartWith("byte ");
    }

    [Theory]
    [InlineData(0, 2, 1, 3, 3, "overlapping")]
    [InlineData(0, 1, 2, 3, 3, "hole")]
    [InlineData(1, 2, 2, 3, 3, "hole")]
    [InlineData(0, 1, 1, 2, 3, "tensors cover 2")]
    [InlineData(0, 2, 0, 2, 2, "overlapping")]
    public void Tensors_must_cover_the_data_exactly(int begin, int end, int next, int last, int bytes, string found)
    {
        var json =
            $"{{\"a\":{{\"dtype\":\"U8\",\"shape\":[{end - begin}],\"data_offsets\":[{begin},{end}]}},"
            + $"\"b\":{{\"dtype\":\"U8\",\"shape\":[{last - next}],\"data_offsets\":[{next},{last}]}}}}";

        Refused(SafetensorsWriter.WithHeader(json, bytes)).Message.ShouldContain(found);
    }

    [Fact]
    public void Two_tensors_of_one_name_are_refused()
    {
        const string Tensor = "{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";

        Refused(SafetensorsWriter.WithHeader($"{{\"w\":{Tensor},\"\\u0077\":{Tensor}}}"))
            .Message.ShouldContain("tensor \"w\" for the second time");
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_named_by_their_place()
    {
        var header = Encoding.UTF8.GetBytes("{\"a?\":{}}");
        header[3] = 0xC3;

        // Eight bytes of length, then { " a and the broken character.
        Refused(SafetensorsWriter.WithLength((ulong)header.Length, header)).Place.ShouldBe("byte 11");
    }

    [Fact]
    public void A_name_from_the_file_cannot_break_the_message_into_lines()
    {
        var message = Refused(SafetensorsWriter.WithHeader($"{{\"a\\n\\u001b[31m{new string('b', 500)}\":1}}")).Message;

        message.ShouldNotContain('\n');
        message.ShouldNotContain('\u001b');
        message.Length.ShouldBeLessThan(200);
    }

    private static SafetensorsHeader Read(byte[] file) =>
        SafetensorsHeader.Read(new MemoryStream(file), "llama.safetensors");

    private static BadContentException Refused(byte[] file) => Should.Throw<BadContentException>(() => Read(file));
}
