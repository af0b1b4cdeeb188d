using System.Collections.Immutable;
using Loadline.Quantities;
using Loadline.Simulation;

namespace Loadline.Planning;

/// <summary>
/// Draws all that is uncertain together: the error of the prediction (once per deployment, not per request), the habits of
/// people, growth and price. Every plan sees the same draws, so that two plans differ by what they are and not by luck.
/// </summary>
/// <remarks>Latin hypercube: each input takes each of so many equally likely values once, in an order of its own.</remarks>
internal sealed class PlanDraws
{
    public const int Count = 4096;
    public const ulong Seed = 20261124;

    private readonly LoadUncertainty load;
    private readonly double[] habits = Input(0);
    private readonly double[] growth = Input(1);
    private readonly double[] errors = Input(2);
    private readonly double[] prices = Input(3);

    public PlanDraws(LoadUncertainty load) => this.load = load;

    /// <summary>Probability that a plan meets its objectives and stays within what may be spent.</summary>
    /// <param name="plan">Its size and what it costs.</param>
    /// <param name="cost">Monthly, with its range.</param>
    /// <param name="most">USD per month; null for no limit.</param>
    public double ConfidenceOf(SizedPlan plan, Estimate cost, double? most)
    {
        var needed = ReplicasNeeded(plan.Sized, Varied.All);
        var priceSigma = cost.Value > 0 ? Math.Log(cost.High / cost.Value) / NormalDistribution.Z95 : 0;
        var good = 0;
        for (var i = 0; i < Count; i++)
        {
            if (needed[i] <= plan.Replicas && !(cost.Value * Math.Exp(priceSigma * prices[i]) > most))
                good++;
        }
        return (double)good / Count;
    }

    /// <summary>Replicas that meet the objectives with some probability; null when no number does.</summary>
    public int? ReplicasFor(SizedReplica sized, double confidence) =>
        Quantile(ReplicasNeeded(sized, Varied.All), confidence);

    /// <summary>What the spread is made of, and what knowing each input would change.</summary>
    public ImmutableArray<UncertaintyShare> SharesOf(
        SizedReplica sized,
        double confidence,
        Func<int, double> savedPerMonth
    )
    {
        var inputs = new (Varied Input, string Name, string How)[]
        {
            (
                Varied.Errors,
                "how fast the model runs on this hardware",
                "an hour of load on one such machine, rented; loadline validate compares"
            ),
            (Varied.Habits, "how many ask, and how often", "count the requests of the busiest hours for two weeks"),
            (Varied.Growth, "how fast it grows", "look at the count again each month"),
        };
        var variances = inputs.Select(input => VarianceOf(ReplicasNeeded(sized, input.Input))).ToArray();
        var total = variances.Sum();
        if (total <= 0)
            return [];
        return
        [
            .. inputs
                .Select(
                    (input, index) =>
                    {
                        var known = Quantile(ReplicasNeeded(sized, Varied.All & ~input.Input), confidence);
                        return new UncertaintyShare(
                            input.Name,
                            variances[index] / total,
                            known,
                            known is { } fewer ? Math.Max(0, savedPerMonth(fewer)) : 0,
                            input.How
                        );
                    }
                )
                .Where(share => share.Share > 1e-9)
                .OrderByDescending(share => share.Share),
        ];
    }

    [Flags]
    private enum Varied
    {
        Habits = 1,
        Growth = 2,
        Errors = 4,
        All = 7,
    }

    /// <summary>Replicas, not rounded, that each draw takes; infinite where none are enough.</summary>
    private double[] ReplicasNeeded(SizedReplica sized, Varied varied)
    {
        var capacity = CapacityCurve.Of(sized);
        var needed = new double[Count];
        for (var i = 0; i < Count; i++)
        {
            var rate =
                load.MedianRate
                * Math.Exp(
                    (varied.HasFlag(Varied.Habits) ? habits[i] * load.HabitSigma : 0)
                        + (varied.HasFlag(Varied.Growth) ? growth[i] * load.GrowthSigma : 0)
                );
            var carried = capacity.At(varied.HasFlag(Varied.Errors) ? errors[i] : 0);
            needed[i] = carried > 0 ? rate / carried : double.PositiveInfinity;
        }
        return needed;
    }

    private static int? Quantile(double[] needed, double confidence)
    {
        var sorted = needed.Order().ToArray();
        var at = sorted[Math.Min(Count - 1, (int)Math.Ceiling(confidence * Count) - 1)];
        return double.IsFinite(at) && at < int.MaxValue ? (int)Math.Max(1, Math.Ceiling(at)) : null;
    }

    private static double VarianceOf(double[] needed)
    {
        var logarithms = needed.Where(double.IsFinite).Select(value => Math.Log(value)).ToArray();
        if (logarithms.Length < 2)
            return 0;
        var mean = logarithms.Average();
        return logarithms.Sum(value => (value - mean) * (value - mean)) / (logarithms.Length - 1);
    }

    private static double[] Input(int dimension)
    {
        var values = new double[Count];
        for (var i = 0; i < Count; i++)
            values[i] = NormalDistribution.Quantile((i + 0.5) / Count);
        var random = new CounterRandom(Seed, (ulong)dimension);
        for (var i = Count - 1; i > 0; i--)
        {
            var other = (int)(random.Uniform(i) * (i + 1));
            (values[i], values[other]) = (values[other], values[i]);
        }
        return values;
    }
}

/// <summary>What a replica carries when its steps are slower or faster than predicted.</summary>
internal sealed class CapacityCurve
{
    /// <summary>Standard deviations on either side, in quarters; beyond, the ends hold.</summary>
    private const double Furthest = 3;
    private const double Spacing = 0.25;

    private readonly double[] rates;

    private CapacityCurve(double[] rates) => this.rates = rates;

    /// <summary>
    /// Where a simulation found that a replica carries less than its closed form, all of the curve is lowered by as much.
    /// </summary>
    public static CapacityCurve Of(SizedReplica sized)
    {
        var replica = sized.Replica;
        var count = (int)(2 * Furthest / Spacing) + 1;
        var rates = new double[count];
        for (var i = 0; i < count; i++)
            rates[i] = sized.Derating * replica.MaximumRate(Math.Exp((i * Spacing - Furthest) * replica.Error.Sigma));
        return new CapacityCurve(rates);
    }

    /// <summary>Requests per second when steps are slower by so many standard deviations.</summary>
    public double At(double deviations)
    {
        var position = (Math.Clamp(deviations, -Furthest, Furthest) + Furthest) / Spacing;
        var below = (int)position;
        if (below + 1 >= rates.Length)
            return rates[^1];
        var share = position - below;
        return rates[below] * (1 - share) + rates[below + 1] * share;
    }
}
