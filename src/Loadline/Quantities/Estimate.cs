namespace Loadline.Quantities;

/// <summary>A predicted number with its 90 % interval and the evidence behind it.</summary>
/// <remarks>The unit belongs to the name of the property that holds the estimate.</remarks>
public readonly record struct Estimate(double Value, double Low, double High, Evidence Evidence)
{
    public static Estimate Exact(double value, Evidence evidence = Evidence.Measured) =>
        new(value, value, value, evidence);

    /// <summary>An interval from value / factor to value x factor, the form errors of times and rates have.</summary>
    public static Estimate WithinFactor(double value, double factor, Evidence evidence)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(factor, 1);
        return new(value, value / factor, value * factor, evidence);
    }

    /// <summary>Sum with fully dependent errors: the bounds add, which is never too narrow.</summary>
    public static Estimate operator +(Estimate left, Estimate right) =>
        new(
            left.Value + right.Value,
            left.Low + right.Low,
            left.High + right.High,
            EvidenceGrades.Weakest(left.Evidence, right.Evidence)
        );

    public static Estimate operator *(Estimate estimate, double factor) =>
        factor >= 0
            ? new(estimate.Value * factor, estimate.Low * factor, estimate.High * factor, estimate.Evidence)
            : new(estimate.Value * factor, estimate.High * factor, estimate.Low * factor, estimate.Evidence);

    /// <summary>A fixed amount over the estimate: a rate from a time, whose bounds change places.</summary>
    public static Estimate operator /(double amount, Estimate estimate) =>
        new(amount / estimate.Value, amount / estimate.High, amount / estimate.Low, estimate.Evidence);

    /// <summary>The same value with bounds that are further off by a factor.</summary>
    public Estimate Widened(double factor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(factor, 1);
        return this with { Low = Low / factor, High = High * factor };
    }

    /// <summary>The same estimate on evidence of the next weaker grade.</summary>
    public Estimate OneGradeLower() =>
        this with
        {
            Evidence = Evidence < Evidence.Assumed ? Evidence + 1 : Evidence.Assumed,
        };

    /// <summary>The same estimate on weaker evidence, or unchanged if it is weak already.</summary>
    public Estimate AtMost(Evidence evidence) => this with { Evidence = EvidenceGrades.Weakest(Evidence, evidence) };
}
