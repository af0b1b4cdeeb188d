using System.Numerics;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>IQ2_XXS: groups of 32 are four points of a lattice, 7 bits of signs each and one 4-bit scale.</summary>
internal sealed class Iq2XxsCodec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Iq2Xxs;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var unit = Fields.Half(block, 0);
        for (var group = 0; group < 8; group++)
        {
            var at = 2 + group * 8;
            var signsAndScale = Fields.UInt32(block, at + 4);
            var step = unit * (0.5f + (signsAndScale >> 28)) * 0.25f;
            for (var i = 0; i < 4; i++)
                Lattice.Write(
                    Grid.TwoXxs[block[at + i]],
                    Lattice.SignsOf(signsAndScale >> (7 * i)),
                    step,
                    numbers.Slice(group * 32 + i * 8, 8)
                );
        }
    }
}

/// <summary>IQ2_XS: 9 bits of lattice and 7 of signs to a word, a 4-bit scale for 16 numbers.</summary>
internal sealed class Iq2XsCodec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Iq2Xs;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var unit = Fields.Half(block, 0);
        for (var i = 0; i < 32; i++)
        {
            var word = Fields.UInt16(block, 2 + i * 2);
            var scale = (block[66 + i / 4] >> (i % 4 / 2 * 4)) & 15;
            var step = unit * (0.5f + scale) * 0.25f;
            Lattice.Write(Grid.TwoXs[word & 511], Lattice.SignsOf((uint)word >> 9), step, numbers.Slice(i * 8, 8));
        }
    }
}

/// <summary>IQ2_S: 10 bits of lattice and 8 of signs for eight numbers, a 4-bit scale for 16.</summary>
internal sealed class Iq2SCodec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Iq2S;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var unit = Fields.Half(block, 0);
        for (var i = 0; i < 32; i++)
        {
            var high = (block[66 + i / 4] >> (i % 4 * 2)) & 3;
            var scale = (block[74 + i / 4] >> (i % 4 / 2 * 4)) & 15;
            var step = unit * (0.5f + scale) * 0.25f;
            Lattice.Write(Grid.TwoS[block[2 + i] | (high << 8)], block[34 + i], step, numbers.Slice(i * 8, 8));
        }
    }
}

/// <summary>IQ3_XXS: eight points of four numbers, 28 bits of signs and a 4-bit scale for 32 numbers.</summary>
internal sealed class Iq3XxsCodec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Iq3Xxs;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var unit = Fields.Half(block, 0);
        for (var i = 0; i < 32; i++)
        {
            var signsAndScale = Fields.UInt32(block, 66 + i / 4 * 4);
            var step = unit * (0.5f + (signsAndScale >> 28)) * 0.5f;
            var signs = Lattice.SignsOf(signsAndScale >> (i % 4 * 7));
            Lattice.Write(Grid.ThreeXxs[block[2 + i * 2]], signs, step, numbers.Slice(i * 8, 4));
            Lattice.Write(Grid.ThreeXxs[block[3 + i * 2]], signs >> 4, step, numbers.Slice(i * 8 + 4, 4));
        }
    }
}

/// <summary>IQ3_S: 9 bits of lattice for four numbers, a sign for each, a 4-bit odd scale for 32.</summary>
internal sealed class Iq3SCodec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Iq3S;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var unit = Fields.Half(block, 0);
        for (var i = 0; i < 64; i++)
        {
            var ninth = (block[66 + i / 8] >> (i % 8)) & 1;
            var scale = (block[106 + i / 16] >> (i % 16 / 8 * 4)) & 15;
            var signs = block[74 + i / 2] >> (i % 2 * 4);
            Lattice.Write(
                Grid.ThreeS[block[2 + i] | (ninth << 8)],
                signs,
                unit * (1 + 2 * scale),
                numbers.Slice(i * 4, 4)
            );
        }
    }
}

/// <summary>IQ1_S: 11 bits of ternary lattice for eight numbers, a 3-bit odd scale and a shift of an eighth for 32.</summary>
internal sealed class Iq1SCodec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Iq1S;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var unit = Fields.Half(block, 0);
        for (var i = 0; i < 32; i++)
        {
            var word = Fields.UInt16(block, 34 + i / 4 * 2);
            var point = block[2 + i] | (((word >> (i % 4 * 3)) & 7) << 8);
            var step = unit * (2 * ((word >> 12) & 7) + 1);
            Lattice.Write(Grid.One[point], (word & 0x8000) != 0, step, numbers.Slice(i * 8, 8));
        }
    }
}

/// <summary>IQ1_M: as IQ1_S, with a 3-bit scale for 16, a shift for 8, and the unit spread over the scales' top nibbles.</summary>
internal sealed class Iq1MCodec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Iq1M;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var unitBits = 0;
        for (var i = 0; i < 4; i++)
            unitBits |= Fields.UInt16(block, 48 + i * 2) >> 12 << (i * 4);
        var unit = (float)BitConverter.UInt16BitsToHalf((ushort)unitBits);
        for (var i = 0; i < 32; i++)
        {
            var high = block[32 + i / 2] >> (i % 2 * 4);
            var scale = (Fields.UInt16(block, 48 + i / 8 * 2) >> (i % 8 / 2 * 3)) & 7;
            var step = unit * (2 * scale + 1);
            Lattice.Write(Grid.One[block[i] | ((high & 7) << 8)], (high & 8) != 0, step, numbers.Slice(i * 8, 8));
        }
    }
}

/// <summary>Turns points of a lattice into numbers.</summary>
internal static class Lattice
{
    /// <summary>How far IQ1 moves every number of a group away from its ternary value, up or down.</summary>
    private const float Shift = 0.125f;

    /// <summary>Seven signs; the eighth makes their number even.</summary>
    public static int SignsOf(uint word)
    {
        var seven = (int)(word & 127);
        return seven | ((BitOperations.PopCount((uint)seven) & 1) << 7);
    }

    public static void Write(ReadOnlySpan<sbyte> point, int signs, float step, Span<float> numbers)
    {
        for (var i = 0; i < point.Length; i++)
            numbers[i] = step * (((signs >> i) & 1) != 0 ? -point[i] : point[i]);
    }

    public static void Write(ReadOnlySpan<sbyte> point, bool down, float step, Span<float> numbers)
    {
        var shift = down ? -Shift : Shift;
        for (var i = 0; i < point.Length; i++)
            numbers[i] = step * (point[i] + shift);
    }
}
