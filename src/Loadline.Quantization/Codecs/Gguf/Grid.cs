namespace Loadline.Quantization;

/// <summary>
/// The lattices of the IQ types: each entry is a point of eight (IQ1, IQ2) or four (IQ3) magnitudes that occur often
/// together.
/// </summary>
/// <remarks>
/// Public tables of ggml-org/ggml, <c>src/ggml-common.h</c> (<c>iq2xxs_grid</c> and so on), kept here as the index of
/// each coordinate among its few levels, two or three bits each, the lowest first, in 16-bit words in base64. They were read
/// off ggml v0.5.0 by decoding one block for every entry, and a test compares what they decode to with ggml's numbers.
/// </remarks>
internal sealed partial class Grid
{
    private readonly sbyte[] coordinates;

    private Grid(int dimensions, sbyte[] coordinates) => (Dimensions, this.coordinates) = (dimensions, coordinates);

    public int Dimensions { get; }

    public ReadOnlySpan<sbyte> this[int entry] => coordinates.AsSpan(entry * Dimensions, Dimensions);

    private static Grid Unpack(int dimensions, int bits, ReadOnlySpan<sbyte> levels, string packed)
    {
        var words = Convert.FromBase64String(packed);
        var coordinates = new sbyte[words.Length / 2 * dimensions];
        for (var i = 0; i < coordinates.Length; i++)
        {
            var word = Fields.UInt16(words, i / dimensions * 2);
            coordinates[i] = levels[(word >> (i % dimensions * bits)) & ((1 << bits) - 1)];
        }
        return new(dimensions, coordinates);
    }
}
