namespace Loadline.Quantization;

/// <summary>Brings figures of importance, which are measured and may be anything, into a range that sums can take.</summary>
internal static class Importance
{
    /// <summary>
    /// The least that a number counts against the most important one, so that groups nobody was seen to use are still
    /// written well.
    /// </summary>
    private const float Least = 1e-6f;

    /// <summary>From <see cref="Least"/> to 1; what is not a number, negative or infinite counts as the least.</summary>
    public static void Clean(ReadOnlySpan<float> measured, Span<float> weights)
    {
        var largest = 0f;
        foreach (var figure in measured)
            if (float.IsFinite(figure))
                largest = MathF.Max(largest, figure);
        if (!(largest > 0))
        {
            weights.Fill(1);
            return;
        }
        for (var i = 0; i < measured.Length; i++)
        {
            var relative = measured[i] / largest;
            weights[i] = float.IsFinite(relative) && relative > Least ? relative : Least;
        }
    }
}
