using Loadline.Quantization.Inference;

namespace Loadline.Quantization.Evaluation;

/// <summary>
/// How large the inputs of every matrix are, feature by feature: an error of a weight costs as much as the square of what
/// it is multiplied with.
/// </summary>
/// <remarks>The importance matrix of llama.cpp is the same mean of squares (llama.cpp, tools/imatrix).</remarks>
public sealed class ActivationStatistics : IForwardObserver
{
    private readonly Dictionary<string, (double[] Squares, long Rows)> sums = new(StringComparer.Ordinal);

    private ActivationStatistics() { }

    /// <summary>Mean squares by the architecture's name of the matrix; those that no token reached are not in it.</summary>
    public IReadOnlyDictionary<string, float[]> MeanSquares =>
        sums.Where(pair => pair.Value.Rows > 0)
            .ToDictionary(
                pair => pair.Key,
                pair => pair.Value.Squares.Select(sum => (float)(sum / pair.Value.Rows)).ToArray(),
                StringComparer.Ordinal
            );

    /// <summary>Lets the model read the text.</summary>
    public static ActivationStatistics Of(
        ReferenceModel model,
        EvaluationText text,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var statistics = new ActivationStatistics();
        var done = 0;
        foreach (var window in text.Windows)
        {
            cancellation.ThrowIfCancellationRequested();
            model.Forward(window, null, new ForwardOptions { Rows = LogitRows.Last, Observer = statistics });
            progress?.Report(done += window.Length);
        }
        return statistics;
    }

    void IForwardObserver.MatrixInput(string tensor, ActivationRows inputs)
    {
        var (squares, rows) = sums.GetValueOrDefault(tensor, (new double[inputs.Width], 0));
        for (var row = 0; row < inputs.Count; row++)
        {
            var numbers = inputs[row];
            for (var i = 0; i < numbers.Length; i++)
                squares[i] += (double)numbers[i] * numbers[i];
        }
        sums[tensor] = (squares, rows + inputs.Count);
    }

    void IForwardObserver.LayerOutput(int layer, ActivationRows hidden) { }
}
