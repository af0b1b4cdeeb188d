using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>
/// Writes numbers in a format whose rows stand alone and whose scales are inside its blocks: plain floating point and
/// the types of GGUF. A codec has no state and may be used by several threads at once.
/// </summary>
public abstract class BlockCodec
{
    public abstract BlockFormat Format { get; }

    /// <summary>False for formats that are read only: <see cref="Encode"/> then throws.</summary>
    public virtual bool CanEncode => true;

    /// <summary>Encodes one row or several rows one after the other.</summary>
    /// <param name="row">Whole blocks: a multiple of <see cref="BlockFormat.BlockLength"/> numbers.</param>
    /// <param name="blocks">Exactly the bytes that the row takes in <see cref="Format"/>.</param>
    /// <param name="importance">
    /// How much an error of each number of <paramref name="row"/> costs, such as the mean square of the activation
    /// it is multiplied with; empty when nothing was measured.
    /// </param>
    /// <exception cref="NotSupportedException">The format is read only.</exception>
    public abstract void Encode(ReadOnlySpan<float> row, Span<byte> blocks, ReadOnlySpan<float> importance);

    /// <summary>The numbers that the blocks stand for.</summary>
    public abstract void Decode(ReadOnlySpan<byte> blocks, Span<float> row);
}
