using System.Collections.Immutable;

namespace Loadline.Quantization.Inference;

/// <summary>One run of a batch through a decoder.</summary>
internal sealed unsafe class ForwardPass(
    Decoder decoder,
    InferenceSettings settings,
    MatrixProduct product,
    ForwardOptions options,
    IReadOnlyList<SequenceSlice> batch
)
{
    private readonly int tokens = batch.Sum(slice => slice.Count);

    public MatrixProduct Product => product;

    public InferenceSettings Settings => settings;

    public IReadOnlyList<SequenceSlice> Batch => batch;

    public WorkCount Count { get; } = options.Count ?? new WorkCount();

    public float[] Run()
    {
        var hiddenSize = decoder.Layers[0].AttentionNorm.Width;
        using var hidden = new FloatRows(tokens, hiddenSize);
        Embed(hidden);
        options.Observer?.LayerOutput(-1, new ActivationRows(hidden, tokens));
        using var attention = new AttentionPass(this, decoder, tokens);
        using var mlp = new MlpPass(this, decoder, tokens);
        for (var layer = 0; layer < decoder.Layers.Length; layer++)
        {
            attention.Run(layer, hidden);
            mlp.Run(layer, hidden);
            options.Observer?.LayerOutput(layer, new ActivationRows(hidden, tokens));
        }
        if (decoder.FinalNorm is { } norm)
            Normalize(norm, hidden, hidden, tokens);
        return Head(hidden);
    }

    /// <summary>y[from on] = x times the matrix, plus its bias.</summary>
    public void Multiply(Projection projection, FloatRows x, int rows, FloatRows y, int from = 0)
    {
        Multiply(projection, x, rows, y.Start + from, y.Stride);
        var flops = 2L * rows * projection.Matrix.Rows * projection.Matrix.Columns;
        if (projection.Name.Contains(".experts.", StringComparison.Ordinal))
            Count.ExpertFlops += flops;
        else
            Count.MatrixFlops += flops;
    }

    public void Normalize(Norm norm, FloatRows from, FloatRows to, int rows)
    {
        for (var row = 0; row < rows; row++)
            norm.Apply(from.Row(row), to.Row(row));
    }

    private void Multiply(Projection projection, FloatRows x, int rows, float* y, nint yStride)
    {
        var matrix = projection.Matrix;
        options.Observer?.MatrixInput(projection.Name, new ActivationRows(x, rows));
        product.Multiply(x.Start, x.Stride, rows, matrix, y, yStride);
        if (rows > 0)
            Count.WeightBytes += matrix.StoredBytes;
        if (projection.Bias is not { } bias)
            return;
        for (var row = 0; row < rows; row++)
            Elementwise.Add(new Span<float>(y + row * yStride, matrix.Rows), bias);
    }

    private void Embed(FloatRows hidden)
    {
        var table = decoder.Embedding.Matrix;
        using var narrow = decoder.ProjectIn is null ? null : new FloatRows(tokens, table.Columns);
        var embedded = narrow ?? hidden;
        // Transformers multiplies in the type of the weights; here the factor is fp32 like everything else.
        var scale = (float)settings.EmbeddingScale;
        foreach (var slice in batch)
        {
            for (var i = 0; i < slice.Count; i++)
            {
                var row = embedded.Row(slice.FirstRow + i);
                DecodeRow(table, slice.Tokens.Span[i], row);
                Elementwise.Scale(row, scale);
            }
        }
        if (decoder.ProjectIn is { } projection)
            Multiply(projection, embedded, tokens, hidden);
        if (decoder.Positions is not { } positions)
            return;
        var position = new float[positions.Columns];
        foreach (var slice in batch)
        {
            for (var i = 0; i < slice.Count; i++)
            {
                DecodeRow(positions, slice.FirstPosition + i + settings.PositionOffset, position);
                Elementwise.Add(hidden.Row(slice.FirstRow + i), position);
            }
        }
    }

    private static void DecodeRow(WeightMatrix table, int row, Span<float> numbers) => table.Decode(row, 0, numbers);

    private float[] Head(FloatRows hidden)
    {
        using var wide = decoder.ProjectOut is { } outOf ? new FloatRows(tokens, outOf.Matrix.Rows) : null;
        if (decoder.ProjectOut is { } projection)
            Multiply(projection, hidden, tokens, wide!);
        var final = wide ?? hidden;

        var asked = options.Rows == LogitRows.All ? [] : LastRows();
        using var last = options.Rows == LogitRows.All ? null : new FloatRows(asked.Length, final.Columns);
        for (var i = 0; i < asked.Length; i++)
            final.Row(asked[i]).CopyTo(last!.Row(i));

        var rows = last is null ? tokens : asked.Length;
        var matrix = decoder.Head.Matrix;
        var logits = new float[checked(rows * matrix.Rows)];
        fixed (float* y = logits)
            Multiply(decoder.Head, last ?? final, rows, y, matrix.Rows);
        Count.HeadFlops += 2L * rows * matrix.Rows * matrix.Columns;
        if (settings.LogitSoftCap is { } cap)
            Elementwise.SoftCap(logits, (float)cap);
        return logits;
    }

    private ImmutableArray<int> LastRows() => [.. batch.Select(slice => slice.FirstRow + slice.Count - 1)];
}

/// <summary>The tokens of one sequence among the rows of a batch.</summary>
/// <param name="Tokens">The tokens.</param>
/// <param name="FirstRow">Row of the first of them.</param>
/// <param name="FirstPosition">Tokens of the sequence before it.</param>
/// <param name="Cache">Where keys and values are, and are put.</param>
internal sealed record SequenceSlice(ReadOnlyMemory<int> Tokens, int FirstRow, int FirstPosition, KvCache Cache)
{
    public int Count => Tokens.Length;
}
