using System.Runtime.InteropServices;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

public sealed class PlainCodecTests
{
    [Theory]
    [InlineData(0x3F800000, 0x3F80)] // 1
    [InlineData(0x3F808000, 0x3F80)] // halfway between two, the even one below
    [InlineData(0x3F818000, 0x3F82)] // halfway between two, the even one above
    [InlineData(0x3F808001, 0x3F81)] // just above halfway
    [InlineData(0x7F7FFFFF, 0x7F80)] // the largest finite number rounds to infinity
    [InlineData(0x7F800001, 0x7FC0)] // a NaN stays one
    [InlineData(0x80000000, 0x8000)] // minus zero
    public void Bf16_rounds_to_the_nearest_and_ties_to_even(uint number, ushort expected)
    {
        var blocks = new byte[2];
        BlockCodecs.Find(BlockFormats.Bf16)!.Encode([BitConverter.UInt32BitsToSingle(number)], blocks, []);
        MemoryMarshal.Read<ushort>(blocks).ShouldBe(expected);
    }
}
