using System.Runtime.Intrinsics;

namespace Loadline.Quantization.Inference;

/// <summary>What happens to activations between matrices, number by number or row by row.</summary>
internal static class Elementwise
{
    public static void Add(Span<float> sum, ReadOnlySpan<float> term)
    {
        for (var i = 0; i < sum.Length; i++)
            sum[i] += term[i];
    }

    public static void Scale(Span<float> numbers, float factor)
    {
        if (factor == 1)
            return;
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] *= factor;
    }

    /// <summary>cap tanh(x / cap), which keeps numbers between -cap and cap (Gemma 2, arXiv 2408.00118, section 2).</summary>
    public static void SoftCap(Span<float> numbers, float cap)
    {
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = cap * MathF.Tanh(numbers[i] / cap);
    }

    /// <summary>Softmax in place; the sum is taken in sixteen parts as <see cref="DotTiles"/> takes its own.</summary>
    public static void Softmax(Span<float> scores)
    {
        var largest = float.NegativeInfinity;
        foreach (var score in scores)
            largest = Math.Max(largest, score);
        var total = 0.0f;
        var i = 0;
        var partial = Vector512<float>.Zero;
        for (; i <= scores.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            var power = Vector512.Exp(Vector512.Create<float>(scores[i..]) - Vector512.Create(largest));
            power.CopyTo(scores[i..]);
            partial += power;
        }
        for (var lane = 0; lane < Vector512<float>.Count; lane++)
            total += partial[lane];
        for (; i < scores.Length; i++)
        {
            scores[i] = Exp(scores[i] - largest);
            total += scores[i];
        }
        for (i = 0; i < scores.Length; i++)
            scores[i] /= total;
    }

    /// <summary>The one that vectors compute, for numbers left over at an end.</summary>
    public static float Exp(float x) => Vector512.Exp(Vector512.Create(x)).ToScalar();
}
