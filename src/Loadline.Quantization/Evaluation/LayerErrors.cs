using System.Collections.Immutable;
using Loadline.Quantization.Inference;

namespace Loadline.Quantization.Evaluation;

/// <summary>Keeps what leaves each layer of the original, and compares what leaves the same layer of another model.</summary>
internal sealed class LayerErrors
{
    private readonly Dictionary<int, float[]> kept = [];
    private readonly SortedDictionary<int, (double Error, double Signal)> sums = [];

    /// <summary>Sees the original.</summary>
    public IForwardObserver Original => new Keeper(this);

    /// <summary>Sees the model under test, on the same tokens.</summary>
    public IForwardObserver Tested => new Comparer(this);

    /// <summary>Root mean square of the difference behind each layer, as a share of that of the original.</summary>
    public ImmutableArray<LayerError> Errors =>
        [
            .. sums.Where(pair => pair.Key >= 0)
                .Select(pair => new LayerError(pair.Key, Math.Sqrt(pair.Value.Error / pair.Value.Signal))),
        ];

    private void Keep(int layer, ActivationRows hidden)
    {
        if (!kept.TryGetValue(layer, out var numbers) || numbers.Length != hidden.Count * hidden.Width)
            kept[layer] = numbers = new float[hidden.Count * hidden.Width];
        for (var row = 0; row < hidden.Count; row++)
            hidden[row].CopyTo(numbers.AsSpan(row * hidden.Width));
    }

    private void Compare(int layer, ActivationRows hidden)
    {
        var numbers = kept[layer];
        var (error, signal) = sums.GetValueOrDefault(layer);
        for (var row = 0; row < hidden.Count; row++)
        {
            var original = numbers.AsSpan(row * hidden.Width, hidden.Width);
            var tested = hidden[row];
            for (var i = 0; i < tested.Length; i++)
            {
                var difference = (double)tested[i] - original[i];
                error += difference * difference;
                signal += (double)original[i] * original[i];
            }
        }
        sums[layer] = (error, signal);
    }

    private sealed class Keeper(LayerErrors errors) : IForwardObserver
    {
        public void MatrixInput(string tensor, ActivationRows inputs) { }

        public void LayerOutput(int layer, ActivationRows hidden) => errors.Keep(layer, hidden);
    }

    private sealed class Comparer(LayerErrors errors) : IForwardObserver
    {
        public void MatrixInput(string tensor, ActivationRows inputs) { }

        public void LayerOutput(int layer, ActivationRows hidden) => errors.Compare(layer, hidden);
    }
}

/// <summary>How far the residual stream behind a layer is from the original's.</summary>
/// <param name="Layer">Counted from 0.</param>
/// <param name="RelativeError">Root mean square of the difference as a share of the original's.</param>
public sealed record LayerError(int Layer, double RelativeError);
