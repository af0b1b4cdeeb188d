using Loadline.Quantities;
using Loadline.Quantization.Inference;

namespace Loadline.Quantization.Evaluation;

/// <summary>Lets two models read the same text and measures how they differ.</summary>
public sealed class Evaluator(EvaluationText text, TimeProvider clock)
{
    /// <summary>Tokens that pass through a model together, so that its matrices are not read for few.</summary>
    private const int TokensAtOnce = 512;

    /// <summary>Stretches of text that an interval is made of, at least.</summary>
    private const int FewestStretches = 16;

    /// <param name="original">As it was trained.</param>
    /// <param name="tested">The same with other weights.</param>
    /// <param name="progress">Told how many tokens are done.</param>
    /// <param name="cancellation">Stops between windows.</param>
    /// <exception cref="BadContentException">A result that is not a number: the weights are not sound.</exception>
    public EvaluationResult Compare(
        ReferenceModel original,
        ReferenceModel tested,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        if (original.VocabularySize != tested.VocabularySize)
            throw new ArgumentException("models with different vocabularies", nameof(tested));
        var layers = new LayerErrors();
        var scores = new List<TokenScores[]>();
        var testedTicks = 0L;
        var done = 0;
        foreach (var windows in Batches())
        {
            cancellation.ThrowIfCancellationRequested();
            var steps = windows.Select(window => new SequenceStep(window)).ToList();
            var expected = original.ForwardBatch(steps, new ForwardOptions { Observer = layers.Original });
            var start = clock.GetTimestamp();
            var found = tested.ForwardBatch(steps, new ForwardOptions { Observer = layers.Tested });
            testedTicks += clock.GetTimestamp() - start;
            var row = 0;
            foreach (var window in windows)
            {
                scores.Add(ScoresOf(window, expected, found, row));
                row += window.Length;
            }
            done += row;
            progress?.Report(done);
        }
        return ResultOf(scores, layers, tested.WeightBytes, done / Seconds(testedTicks));
    }

    private double Seconds(long ticks) => Math.Max(1e-9, (double)ticks / clock.TimestampFrequency);

    private IEnumerable<List<int[]>> Batches()
    {
        var batch = new List<int[]>();
        var tokens = 0;
        foreach (var window in text.Windows)
        {
            batch.Add(window);
            tokens += window.Length;
            if (tokens < TokensAtOnce)
                continue;
            yield return batch;
            batch = [];
            tokens = 0;
        }
        if (batch.Count > 0)
            yield return batch;
    }

    private TokenScores[] ScoresOf(int[] window, Logits expected, Logits found, int row)
    {
        var scores = new TokenScores[window.Length - 1];
        Parallel.For(
            0,
            scores.Length,
            i => scores[i] = TokenScores.Of(expected[row + i], found[row + i], window[i + 1])
        );
        foreach (var score in scores)
        {
            if (
                !double.IsFinite(score.Loss)
                || !double.IsFinite(score.OriginalLoss)
                || !double.IsFinite(score.Divergence)
            )
                throw new BadContentException(
                    text.Name,
                    "",
                    double.IsFinite(score.OriginalLoss)
                        ? "the quantized model gives a logit that is not a number"
                        : "the original model gives a logit that is not a number",
                    "weights without NaN and infinities"
                );
        }
        return scores;
    }

    private static EvaluationResult ResultOf(
        List<TokenScores[]> scores,
        LayerErrors layers,
        long weightBytes,
        double tokensPerSecond
    )
    {
        var divergences = scores.SelectMany(window => window.Select(score => score.Divergence)).Order().ToArray();
        var loss = Mean(score => score.Loss);
        return new EvaluationResult
        {
            Tokens = divergences.Length,
            Perplexity = loss.Interval(Math.Exp),
            OriginalPerplexity = Mean(score => score.OriginalLoss).Interval(Math.Exp),
            PerplexityRatio = Mean(score => score.Loss - score.OriginalLoss).Interval(Math.Exp),
            KlDivergence = Mean(score => score.Divergence).Interval(value => value, least: 0),
            KlDivergence99 = divergences[(int)Math.Ceiling(0.99 * divergences.Length) - 1],
            KlDivergenceMaximum = divergences[^1],
            TopAgreement = Mean(score => score.HaveSameTop ? 1 : 0).Interval(value => value, 0, 1),
            TokensPerSecond = tokensPerSecond,
            WeightBytes = weightBytes,
            Layers = layers.Errors,
        };

        ClusteredMean Mean(Func<TokenScores, double> figure)
        {
            var mean = new ClusteredMean();
            foreach (var stretch in Stretches(scores))
                mean.Add(stretch.Sum(figure), stretch.Length);
            return mean;
        }
    }

    /// <summary>Windows, or parts of them where there are few.</summary>
    private static IEnumerable<TokenScores[]> Stretches(List<TokenScores[]> windows)
    {
        var parts = (FewestStretches + windows.Count - 1) / windows.Count;
        return windows.SelectMany(window => window.Chunk((window.Length + parts - 1) / parts));
    }
}
