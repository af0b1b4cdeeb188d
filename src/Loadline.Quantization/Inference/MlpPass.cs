namespace Loadline.Quantization.Inference;

/// <summary>The MLP of a layer, or the experts in its place.</summary>
internal sealed class MlpPass : IDisposable
{
    private readonly ForwardPass pass;
    private readonly Decoder decoder;
    private readonly int tokens;
    private readonly FloatRows normed;
    private readonly FloatRows inner;
    private readonly FloatRows output;
    private readonly ExpertPass? experts;

    public MlpPass(ForwardPass pass, Decoder decoder, int tokens)
    {
        this.pass = pass;
        this.decoder = decoder;
        this.tokens = tokens;
        var layers = decoder.Layers;
        var width = layers[0].MlpNorm.Width;
        normed = new FloatRows(tokens, width);
        output = new FloatRows(tokens, width);
        inner = new FloatRows(tokens, layers.Max(layer => layer.Mlp is { } mlp ? InnerWidth(mlp) : 1));
        if (layers.Any(layer => layer.Experts is not null))
            experts = new ExpertPass(this, pass, layers, tokens);
    }

    /// <summary>Adds what the layer's MLP says to the residual stream.</summary>
    public void Run(int layer, FloatRows hidden)
    {
        var parts = decoder.Layers[layer];
        var after = pass.Settings.NormAfterSum;
        if (!after)
            pass.Normalize(parts.MlpNorm, hidden, normed, tokens);
        var input = after ? hidden : normed;
        if (parts.Mlp is { } mlp)
            Run(mlp, input, tokens, inner, output);
        else
            experts!.Run(parts.Experts!, input, output);
        if (parts.MlpOutputNorm is { } norm)
            pass.Normalize(norm, output, output, tokens);
        for (var row = 0; row < tokens; row++)
            Elementwise.Add(hidden.Row(row), output.Row(row));
        if (after)
            pass.Normalize(parts.MlpNorm, hidden, hidden, tokens);
    }

    public void Dispose()
    {
        normed.Dispose();
        inner.Dispose();
        output.Dispose();
        experts?.Dispose();
    }

    /// <summary>Gate and up side by side, then their product in the place of the gate.</summary>
    public void Run(Mlp mlp, FloatRows input, int rows, FloatRows inner, FloatRows output)
    {
        var from = 0;
        foreach (var projection in mlp.Up)
        {
            pass.Multiply(projection, input, rows, inner, from);
            from += projection.Matrix.Rows;
        }
        var width = mlp.Down.Matrix.Columns;
        for (var row = 0; row < rows; row++)
        {
            var numbers = inner.Row(row);
            var gate = numbers[..width];
            Activations.Apply(pass.Settings.Activation, gate);
            if (pass.Settings.IsGated)
            {
                var up = numbers.Slice(width, width);
                for (var i = 0; i < width; i++)
                    gate[i] *= up[i];
            }
            // What a product reads must end in zeros; what stands there is the other projection.
            numbers[width..Math.Min(numbers.Length, DotTiles.Padded(width))].Clear();
        }
        pass.Multiply(mlp.Down, inner.First(width), rows, output);
    }

    public static int InnerWidth(Mlp mlp) => mlp.Up.Sum(projection => projection.Matrix.Rows);
}
