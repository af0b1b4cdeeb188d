using System.Runtime.InteropServices;

namespace Loadline.Quantization;

/// <summary>
/// Groups whose numbers are scale x (code - zero point), both codes of 0 to 15: the range from the smallest to the
/// largest number is narrowed a little, and the narrowing that leaves the smallest error is kept.
/// </summary>
internal readonly record struct ZeroPointCoder(int Length) : IGroupCoder
{
    public bool WantsWeights => true;

    private const int Highest = 15;

    private static ReadOnlySpan<float> Narrowings => [1, 0.96f, 0.92f, 0.88f, 0.84f, 0.8f, 0.75f, 0.7f];

    public void Encode<T>(
        ReadOnlySpan<float> numbers,
        ReadOnlySpan<float> importance,
        Span<byte> codes,
        Span<float> scales,
        Span<float> offsets
    )
        where T : struct, ILanes<T>
    {
        numbers = numbers[..(T.Count * Length)];
        Span<float> normal = stackalloc float[numbers.Length];
        var peak = T.Abs(GroupRange.Peak<T>(numbers));
        GroupRange.Normalise(numbers, peak, normal);
        var (smallest, largest) = (T.All(0), T.All(0));
        for (var i = 0; i < Length; i++)
        {
            var x = T.Load(in MemoryMarshal.GetReference(normal), i);
            (smallest, largest) = (T.Min(smallest, x), T.Max(largest, x));
        }
        var (best, scale, zero) = (T.All(float.MaxValue), T.All(0), T.All(0));
        foreach (var narrowing in Narrowings)
        {
            var triedScale = (largest - smallest) * T.All(narrowing / Highest);
            triedScale = T.RoundToBf16(triedScale);
            var shift = (T.All(0) - smallest) * T.All(narrowing) * GroupRange.ReciprocalOf(triedScale);
            var triedZero = T.Min(T.Max(T.Round(shift), T.All(0)), T.All(Highest));
            var error = ErrorOf(normal, importance, triedScale, triedZero);
            scale = T.WhereLess(error, best, triedScale, scale);
            zero = T.WhereLess(error, best, triedZero, zero);
            best = T.WhereLess(error, best, error, best);
        }
        scale = T.RoundToBf16(peak * scale);
        scale.Store(ref MemoryMarshal.GetReference(scales), 0);
        zero.Store(ref MemoryMarshal.GetReference(offsets), 0);
        Write(numbers, scale, zero, codes);
    }

    private static T ErrorOf<T>(ReadOnlySpan<float> numbers, ReadOnlySpan<float> importance, T scale, T zero)
        where T : struct, ILanes<T>
    {
        var (error, factor) = (T.All(0), GroupRange.ReciprocalOf(scale));
        for (var i = 0; i < numbers.Length / T.Count; i++)
        {
            var x = T.Load(in MemoryMarshal.GetReference(numbers), i);
            var difference = scale * (CodeOf(x, factor, zero) - zero) - x;
            error = T.MultiplyAdd(T.Load(in MemoryMarshal.GetReference(importance), i) * difference, difference, error);
        }
        return error;
    }

    private void Write<T>(ReadOnlySpan<float> numbers, T scale, T zero, Span<byte> codes)
        where T : struct, ILanes<T>
    {
        ref readonly var number = ref MemoryMarshal.GetReference(numbers);
        var factor = GroupRange.ReciprocalOf(scale);
        for (var i = 0; i < Length; i += 4)
            T.StoreCodes(
                CodeOf(T.Load(in number, i), factor, zero),
                CodeOf(T.Load(in number, i + 1), factor, zero),
                CodeOf(T.Load(in number, i + 2), factor, zero),
                CodeOf(T.Load(in number, i + 3), factor, zero),
                ref codes[i],
                Length
            );
    }

    private static T CodeOf<T>(T number, T factor, T zero)
        where T : struct, ILanes<T>
    {
        // Clamped before it is rounded, so that no number is too large to round.
        var code = T.NumbersOnly(number * factor) + zero;
        return T.Round(T.Min(T.Max(code, T.All(0)), T.All(Highest)));
    }
}
