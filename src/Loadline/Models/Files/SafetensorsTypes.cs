namespace Loadline.Models;

/// <summary>The number types of safetensors, by the name the header uses.</summary>
/// <remarks>huggingface/safetensors, <c>safetensors/src/tensor.rs</c>, enum <c>Dtype</c>.</remarks>
internal static class SafetensorsTypes
{
    public const string Known =
        "F64, F32, F16, BF16, F8_E4M3, F8_E5M2, F8_E8M0, F4, I64, I32, I16, I8, U64, U32, U16, U8 or BOOL";

    public static BlockFormat? Find(ReadOnlySpan<byte> name) =>
        name switch
        {
            _ when name.SequenceEqual("BF16"u8) => BlockFormats.Bf16,
            _ when name.SequenceEqual("F16"u8) => BlockFormats.Fp16,
            _ when name.SequenceEqual("F32"u8) => BlockFormats.Fp32,
            _ when name.SequenceEqual("F8_E4M3"u8) => BlockFormats.Fp8,
            _ when name.SequenceEqual("U8"u8) => BlockFormats.UInt8,
            _ when name.SequenceEqual("I32"u8) => BlockFormats.Int32,
            _ when name.SequenceEqual("I8"u8) => BlockFormats.Int8,
            _ when name.SequenceEqual("I64"u8) => BlockFormats.Int64,
            _ when name.SequenceEqual("I16"u8) => BlockFormats.Int16,
            _ when name.SequenceEqual("U64"u8) => BlockFormats.UInt64,
            _ when name.SequenceEqual("U32"u8) => BlockFormats.UInt32,
            _ when name.SequenceEqual("U16"u8) => BlockFormats.UInt16,
            _ when name.SequenceEqual("F64"u8) => BlockFormats.Fp64,
            _ when name.SequenceEqual("BOOL"u8) => BlockFormats.Boolean,
            _ when name.SequenceEqual("F8_E5M2"u8) => BlockFormats.Fp8E5M2,
            _ when name.SequenceEqual("F8_E4M3FNUZ"u8) => BlockFormats.Fp8,
            _ when name.SequenceEqual("F8_E5M2FNUZ"u8) => BlockFormats.Fp8E5M2,
            _ when name.SequenceEqual("F8_E8M0"u8) => BlockFormats.E8M0,
            _ when name.SequenceEqual("F4"u8) => BlockFormats.Fp4,
            _ when name.SequenceEqual("F6_E2M3"u8) => BlockFormats.Fp6,
            _ when name.SequenceEqual("F6_E3M2"u8) => BlockFormats.Fp6,
            _ when name.SequenceEqual("C64"u8) => BlockFormats.Complex64,
            _ => null,
        };

    /// <summary>The name to write for a type whose numbers lie one by one.</summary>
    public static string NameOf(BlockFormat format) =>
        format.Name switch
        {
            "bf16" => "BF16",
            "fp16" => "F16",
            "fp32" => "F32",
            "fp64" => "F64",
            "fp8" => "F8_E4M3",
            "fp8-e5m2" => "F8_E5M2",
            "e8m0" => "F8_E8M0",
            "fp4" => "F4",
            "int8" => "I8",
            "int16" => "I16",
            "int32" => "I32",
            "int64" => "I64",
            "uint8" => "U8",
            "uint16" => "U16",
            "uint32" => "U32",
            "uint64" => "U64",
            "bool" => "BOOL",
            "complex64" => "C64",
            _ => throw new ArgumentException($"{format} is no type of safetensors", nameof(format)),
        };
}
