namespace Loadline.Quantization;

/// <summary>One figure per input feature, brought to the layout of filled-up rows.</summary>
internal static class ColumnImportance
{
    /// <summary>Cleaned and filled up; empty when nothing was measured.</summary>
    public static float[] Of(ReadOnlySpan<float> importance, long columns, int stride)
    {
        if (importance.IsEmpty)
            return [];
        if (importance.Length != columns)
            throw new ArgumentException($"{importance.Length} figures of importance for {columns} columns");
        var figures = new float[stride];
        Importance.Clean(importance, figures.AsSpan(0, importance.Length));
        return figures;
    }

    public static float[] Repeat(float[] figures, int rows)
    {
        var repeated = new float[figures.Length * rows];
        for (var row = 0; row < rows; row++)
            figures.CopyTo(repeated, row * figures.Length);
        return repeated;
    }
}
