using Loadline.Prediction;
using Loadline.Quantities;
using Loadline.Simulation;

namespace Loadline.Planning;

/// <summary>
/// What is uncertain about a plan's load: the habits of people, and the growth until the plan is looked at again. Both are
/// log-normal, so that they and the error of a prediction add up in logarithms.
/// </summary>
internal sealed record LoadUncertainty
{
    private LoadUncertainty(double nominalRate, double habitSigma, double growthMedian, double growthSigma)
    {
        NominalRate = nominalRate;
        HabitSigma = habitSigma;
        GrowthMedian = growthMedian;
        GrowthSigma = growthSigma;
    }

    /// <summary>Peak requests per second today, as the scenario has it.</summary>
    public double NominalRate { get; }

    /// <summary>Standard deviation of the logarithm of the peak today.</summary>
    public double HabitSigma { get; }

    /// <summary>Factor by which the load has grown when the plan is looked at again, in the middle.</summary>
    public double GrowthMedian { get; }
    public double GrowthSigma { get; }

    public double Sigma => Math.Sqrt(HabitSigma * HabitSigma + GrowthSigma * GrowthSigma);

    /// <summary>Peak requests per second that the plan is for, in the middle.</summary>
    public double MedianRate => NominalRate * GrowthMedian;

    public static LoadUncertainty Of(Scenario scenario, Demand demand)
    {
        var growth = scenario.Workload.GrowthPerYear;
        var years = scenario.Deployment.PlanAheadMonths / CostFactors.MonthsPerYear;
        var spread = Math.Log(growth.High / growth.Low) / (2 * NormalDistribution.Z95);
        return new LoadUncertainty(
            demand.PeakRequestsPerSecond.Value,
            Math.Log(demand.Spread) / NormalDistribution.Z95,
            Math.Pow(growth.Base, years),
            years * spread
        );
    }
}

/// <summary>
/// The most likely way in which a plan of just the right size fails: steps slower by one factor and load higher by
/// another, neither as bad as if it were alone.
/// </summary>
/// <remarks>
/// First-order reliability method (Hasofer and Lind, "Exact and invariant second-moment code format", 1974): with load and
/// capacity log-normal, a plan for confidence c stands at z(c) standard deviations of both together, and the share of
/// each in that distance is its share in the variance.
/// </remarks>
/// <param name="Slowdown">Factor on step times.</param>
/// <param name="LoadFactor">Factor on the load today.</param>
internal readonly record struct DesignPoint(double Slowdown, double LoadFactor)
{
    /// <param name="load">Uncertainty of the load.</param>
    /// <param name="error">Of the prediction.</param>
    /// <param name="capacitySigma">Standard deviation of the logarithm of the capacity that the error makes.</param>
    /// <param name="confidence">Asked for.</param>
    public static DesignPoint Of(LoadUncertainty load, PredictionError error, double capacitySigma, double confidence)
    {
        var distance = NormalDistribution.Quantile(confidence);
        var sigma = Math.Sqrt(load.Sigma * load.Sigma + capacitySigma * capacitySigma);
        if (sigma <= 0)
            return new DesignPoint(1, load.GrowthMedian);
        var slow = distance * capacitySigma / sigma;
        var more = distance * load.Sigma / sigma;
        return new DesignPoint(Math.Exp(slow * error.Sigma), load.GrowthMedian * Math.Exp(more * load.Sigma));
    }
}
