using System.Buffers.Binary;

namespace Loadline.Quantization;

/// <summary>Fields of a block, little-endian as GGUF and safetensors have them.</summary>
internal static class Fields
{
    public static float Half(ReadOnlySpan<byte> block, int at) =>
        (float)BitConverter.UInt16BitsToHalf(BinaryPrimitives.ReadUInt16LittleEndian(block[at..]));

    public static ushort UInt16(ReadOnlySpan<byte> block, int at) =>
        BinaryPrimitives.ReadUInt16LittleEndian(block[at..]);

    public static uint UInt32(ReadOnlySpan<byte> block, int at) => BinaryPrimitives.ReadUInt32LittleEndian(block[at..]);

    public static float Single(ReadOnlySpan<byte> block, int at) =>
        BinaryPrimitives.ReadSingleLittleEndian(block[at..]);

    public static void Write(Span<byte> block, int at, ushort bits) =>
        BinaryPrimitives.WriteUInt16LittleEndian(block[at..], bits);

    public static void Write(Span<byte> block, int at, Half number) =>
        BinaryPrimitives.WriteUInt16LittleEndian(block[at..], BitConverter.HalfToUInt16Bits(number));
}
