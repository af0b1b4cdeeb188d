namespace Loadline.Prediction;

/// <summary>The roofline with a rounded corner.</summary>
internal static class Roofline
{
    /// <summary>(a^p + b^p)^(1/p), written so that neither power overflows.</summary>
    public static double SmoothMaximum(double a, double b, double p)
    {
        var large = Math.Max(a, b);
        if (large <= 0)
            return 0;
        var ratio = Math.Min(a, b) / large;
        if (p == 1)
            return large * (1 + ratio);
        if (p == 2)
            return large * Math.Sqrt(1 + ratio * ratio);
        return large * Math.Pow(1 + Math.Pow(ratio, p), 1 / p);
    }
}
