using Loadline.Simulation;

namespace Loadline.Planning;

/// <summary>Tokens of a mean prompt by what they are for.</summary>
/// <param name="System">Instructions, the same in every request.</param>
/// <param name="FewShot">Examples, the same in every request.</param>
/// <param name="Retrieved">Passages found for this request.</param>
/// <param name="History">Earlier turns of this conversation.</param>
/// <param name="User">What is asked now.</param>
public readonly record struct PromptParts(double System, double FewShot, double Retrieved, double History, double User)
{
    public double Total => System + FewShot + Retrieved + History + User;

    /// <summary>What every request begins with when the prompt is ordered static text first.</summary>
    public double Static => System + FewShot;

    /// <summary>Lengths around another mean: what is added or left out is the same in every request.</summary>
    public TokenLengths Lengths(TokenLengths known)
    {
        var mean = Math.Max(1, Total);
        var p95 = Math.Max(mean, known.P95 + mean - known.Mean);
        return new TokenLengths(mean, Math.Min(p95, mean * TokenLengths.LargestRatio * 0.9999));
    }
}
