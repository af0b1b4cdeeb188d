namespace Loadline.Quantization.Inference;

/// <summary>Sees what passes through a model. Called by one thread at a time, in the order of the computation.</summary>
public interface IForwardObserver
{
    /// <summary>The rows that a matrix is about to be multiplied by.</summary>
    /// <param name="tensor">Name of the matrix in the architecture's words, layer and expert filled in.</param>
    /// <param name="inputs">One row per token; for an expert, those of the tokens that were sent to it.</param>
    public void MatrixInput(string tensor, ActivationRows inputs);

    /// <summary>The residual stream behind a layer.</summary>
    /// <param name="layer">The layer; -1 for the embedding, before the first.</param>
    /// <param name="hidden">One row per token.</param>
    public void LayerOutput(int layer, ActivationRows hidden);
}

/// <summary>Rows of activations, valid during the call they are given to.</summary>
public readonly unsafe ref struct ActivationRows
{
    private readonly float* start;
    private readonly int stride;

    internal ActivationRows(FloatRows rows, int count)
    {
        start = rows.Start;
        stride = rows.Stride;
        Count = count;
        Width = rows.Columns;
    }

    public int Count { get; }

    public int Width { get; }

    public ReadOnlySpan<float> this[int row]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(row);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count);
            return new(start + (nint)row * stride, Width);
        }
    }
}
