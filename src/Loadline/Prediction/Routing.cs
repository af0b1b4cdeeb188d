namespace Loadline.Prediction;

/// <summary>What the busiest group of ranks gets when every token picks its experts at random.</summary>
/// <param name="Rows">Tokens times experts that it multiplies.</param>
/// <param name="ExpertShare">Share of its experts that get at least one token, and so have to be read.</param>
/// <remarks>
/// Of E experts k are active per token, so with T tokens one of them is idle with probability (1 - k / E)^T. The counts
/// of G groups spread like those of balls in bins, and the step waits for the fullest: of G normal variables the largest
/// is expected about sqrt(2 ln G) standard deviations above the mean.
/// </remarks>
public readonly record struct Routing(double Rows, double ExpertShare)
{
    public static Routing Of(double tokens, int experts, int active, int groups)
    {
        var used = 1 - Math.Pow(1 - (double)active / experts, tokens);
        var routed = tokens * active;
        if (groups == 1)
            return new Routing(routed, used);

        var deviations = Math.Sqrt(2 * Math.Log(groups));
        var mean = routed / groups;
        // A token sends at most one row to an expert, so no group gets more than its experts can take.
        var most = Math.Min(routed, tokens * Math.Min(active, (double)experts / groups));
        var rows = Math.Min(most, mean + deviations * Math.Sqrt(mean * (1 - 1.0 / groups)));
        var own = (double)experts / groups;
        var share = used + deviations * Math.Sqrt(used * (1 - used) / own);
        return new Routing(rows, Math.Min(1, Math.Min(share, rows / own)));
    }
}
