using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Generation that keeps no keys and values: every token computes its whole context again.</summary>
public static class UncachedGeneration
{
    /// <summary>Time from the prompt to the last output token, and the part until the first one.</summary>
    public static (Duration FirstToken, Duration Total) TimeOf(Step step, long promptTokens, long outputTokens)
    {
        var first = Duration.Zero;
        var total = Duration.Zero;
        for (var token = 0L; token < outputTokens; token++)
        {
            total += step.TimeOf(StepShape.Prefill(promptTokens + token));
            if (token == 0)
                first = total;
        }
        return (first, total);
    }
}
