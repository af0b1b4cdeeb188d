using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Lengths of responses: log-normal, cut off at the longest that is allowed.</summary>
/// <remarks>
/// The mean of many batches hides the tail that a synchronous step waits for: of n independent lengths the longest is
/// longer than t with probability 1 - F(t)^n.
/// </remarks>
public sealed class LengthTail
{
    /// <summary>
    /// Standard deviation of response lengths over their mean where nobody states it; a norm: lengths of reasoning traces
    /// spread about as much as their mean before they are cut off.
    /// </summary>
    public const double UsualVariation = 0.7;

    private const int Points = 256;

    private readonly double location;
    private readonly double sigma;

    /// <param name="mean">Mean length in tokens, after the cut.</param>
    /// <param name="longest">Most tokens that are generated.</param>
    /// <param name="variation">Standard deviation over mean, before the cut.</param>
    public LengthTail(double mean, double longest, double variation = UsualVariation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, mean);
        Longest = longest;
        sigma = Math.Sqrt(Math.Log(1 + variation * variation));
        // The cut takes from the mean, so the location is searched for at which what is left has it.
        var (low, high) = (Math.Log(mean) - 3, Math.Log(longest) + 10);
        for (var round = 0; round < 60; round++)
        {
            location = (low + high) / 2;
            if (MeanAt() < mean)
                low = location;
            else
                high = location;
        }
    }

    public double Longest { get; }

    public double Mean => MeanAt();

    /// <summary>Probability that a response is longer than so many tokens.</summary>
    public double Survival(double tokens) =>
        tokens >= Longest ? 0
        : tokens <= 0 ? 1
        : 1 - NormalDistribution.Probability((Math.Log(tokens) - location) / sigma);

    /// <summary>Expected longest of so many responses.</summary>
    public double ExpectedLongest(double responses) =>
        Integrate(tokens => 1 - Math.Pow(1 - Survival(tokens), Math.Max(1, responses)));

    /// <summary>Seconds until the last of so many responses is there, from the time of a step of those still running.</summary>
    public double SecondsUntilDone(double responses, Func<double, double> stepSeconds) =>
        Integrate(tokens =>
        {
            var survival = Survival(tokens);
            var any = 1 - Math.Pow(1 - survival, Math.Max(1, responses));
            return any <= 0 ? 0 : any * stepSeconds(Math.Max(1, responses * survival / any));
        });

    private double MeanAt() => Integrate(Survival);

    private double Integrate(Func<double, double> value)
    {
        var width = Longest / Points;
        var sum = 0.0;
        for (var point = 0; point < Points; point++)
            sum += value((point + 0.5) * width);
        return sum * width;
    }
}
