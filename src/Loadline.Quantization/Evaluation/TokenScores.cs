namespace Loadline.Quantization.Evaluation;

/// <summary>How two models agree about one token of a text.</summary>
/// <param name="Loss">Of the token that came, in nats, by the model under test.</param>
/// <param name="OriginalLoss">The same by the original.</param>
/// <param name="Divergence">Kullback-Leibler divergence of the two distributions, original first, in nats.</param>
/// <param name="HaveSameTop">Whether both find the same token likeliest.</param>
internal readonly record struct TokenScores(double Loss, double OriginalLoss, double Divergence, bool HaveSameTop)
{
    public static TokenScores Of(ReadOnlySpan<float> original, ReadOnlySpan<float> tested, int next)
    {
        var (originalTop, originalLog) = Normalize(original);
        var (testedTop, testedLog) = Normalize(tested);
        var divergence = 0.0;
        for (var i = 0; i < original.Length; i++)
        {
            var log = original[i] - originalLog;
            divergence += Math.Exp(log) * (log - (tested[i] - testedLog));
        }
        return new TokenScores(
            testedLog - tested[next],
            originalLog - original[next],
            // The sum of what cancels may end a rounding below zero.
            Math.Max(0, divergence),
            originalTop == testedTop
        );
    }

    /// <summary>The likeliest token, and the logarithm of the sum that the logits are measured by.</summary>
    private static (int Top, double Log) Normalize(ReadOnlySpan<float> logits)
    {
        var top = 0;
        for (var i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[top])
                top = i;
        }
        var sum = 0.0;
        foreach (var logit in logits)
            sum += Math.Exp((double)logit - logits[top]);
        return (top, logits[top] + Math.Log(sum));
    }
}
