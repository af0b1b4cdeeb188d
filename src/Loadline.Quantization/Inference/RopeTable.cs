namespace Loadline.Quantization.Inference;

/// <summary>Cosines and sines of the positions of a batch, which all layers and heads share.</summary>
internal sealed class RopeTable
{
    private readonly int half;
    private readonly float[] cosines;
    private readonly float[] sines;

    public RopeTable(RopeSettings settings, IReadOnlyList<SequenceSlice> batch, int tokens)
    {
        half = settings.Frequencies.Length;
        cosines = new float[tokens * half];
        sines = new float[tokens * half];
        foreach (var slice in batch)
        {
            for (var i = 0; i < slice.Count; i++)
            {
                for (var pair = 0; pair < half; pair++)
                {
                    // The angle is rounded to fp32 as in the implementations that models were trained with.
                    double angle = (slice.FirstPosition + i) * settings.Frequencies[pair];
                    var at = (slice.FirstRow + i) * half + pair;
                    cosines[at] = (float)Math.Cos(angle) * settings.Factor;
                    sines[at] = (float)Math.Sin(angle) * settings.Factor;
                }
            }
        }
    }

    /// <summary>Turns the numbers of one head of one row of the batch.</summary>
    public void Rotate(int row, Span<float> head)
    {
        var first = head[..half];
        var second = head.Slice(half, half);
        for (var pair = 0; pair < half; pair++)
        {
            var (a, b) = (first[pair], second[pair]);
            var (cosine, sine) = (cosines[row * half + pair], sines[row * half + pair]);
            first[pair] = a * cosine - b * sine;
            second[pair] = b * cosine + a * sine;
        }
    }
}
