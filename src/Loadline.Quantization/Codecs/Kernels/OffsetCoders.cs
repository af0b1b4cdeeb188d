using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Loadline.Quantization;

/// <summary>
/// Groups whose numbers are scale x code - offset, both not negative: finds the two, as Q4_K and Q5_K need them before
/// they are packed.
/// </summary>
/// <remarks>
/// For each of a few scales the codes are the nearest ones, and scale and offset are then the best for these codes: the
/// weighted least squares. The idea is that of ggml's <c>make_qkx2_quants</c> (ggml-org/ggml, <c>src/ggml-quants.c</c>).
/// </remarks>
internal readonly record struct OffsetSearchCoder(int Length, int Highest) : IGroupCoder
{
    public bool WantsWeights => true;

    /// <summary>How far beyond the highest code the largest number is laid.</summary>
    private static ReadOnlySpan<float> Beyond =>
        [0, -0.3f, -0.6f, -0.9f, -1.2f, -1.5f, -1.9f, -2.3f, -2.8f, -3.4f, 0.3f, 0.7f];

    public void Encode<T>(
        ReadOnlySpan<float> numbers,
        ReadOnlySpan<float> importance,
        Span<byte> codes,
        Span<float> scales,
        Span<float> offsets
    )
        where T : struct, ILanes<T>
    {
        Span<float> normal = stackalloc float[T.Count * Length];
        var peak = T.Abs(GroupRange.Peak<T>(numbers[..normal.Length]));
        GroupRange.Normalise(numbers[..normal.Length], peak, normal);
        var fit = new OffsetFit<T>(normal, importance, Highest);
        var zero = T.All(0);
        var (best, scale, minimum) = (T.All(float.MaxValue), zero, zero);
        var span = GroupRange.ReciprocalOf(fit.Largest - fit.Smallest);
        foreach (var beyond in Beyond)
            fit.Improve(T.All(Highest + beyond) * span, fit.Smallest, ref best, ref scale, ref minimum);
        for (var round = 0; round < 2; round++)
            fit.Improve(GroupRange.ReciprocalOf(scale), minimum, ref best, ref scale, ref minimum);
        (peak * scale).Store(ref MemoryMarshal.GetReference(scales), 0);
        (zero - peak * minimum).Store(ref MemoryMarshal.GetReference(offsets), 0);
    }
}

/// <summary>
/// Groups whose scale is settled: finds the best offset for it. In come the scales; out come offsets, and in place of
/// the scales the errors, divided by the square of the largest magnitude.
/// </summary>
internal readonly record struct OffsetRefitCoder(int Length, int Highest) : IGroupCoder
{
    public bool WantsWeights => true;

    public void Encode<T>(
        ReadOnlySpan<float> numbers,
        ReadOnlySpan<float> importance,
        Span<byte> codes,
        Span<float> scales,
        Span<float> offsets
    )
        where T : struct, ILanes<T>
    {
        Span<float> normal = stackalloc float[T.Count * Length];
        ref var scaleRow = ref MemoryMarshal.GetReference(scales);
        ref var offsetRow = ref MemoryMarshal.GetReference(offsets);
        var peak = T.Abs(GroupRange.Peak<T>(numbers[..normal.Length]));
        GroupRange.Normalise(numbers[..normal.Length], peak, normal);
        var fit = new OffsetFit<T>(normal, importance, Highest);
        var relative = GroupRange.ReciprocalOf(peak);
        var minimum = T.All(0) - T.Load(in offsetRow, 0) * relative;
        var error = fit.ErrorAt(T.Load(in scaleRow, 0) * relative, ref minimum);
        error.Store(ref scaleRow, 0);
        (T.All(0) - peak * minimum).Store(ref offsetRow, 0);
    }
}

/// <summary>Groups whose scale and offset are settled: only the codes are chosen.</summary>
internal readonly record struct SettledOffsetCoder(int Length, int Highest) : IGroupCoder
{
    public bool WantsWeights => false;

    public void Encode<T>(
        ReadOnlySpan<float> numbers,
        ReadOnlySpan<float> importance,
        Span<byte> codes,
        Span<float> scales,
        Span<float> offsets
    )
        where T : struct, ILanes<T>
    {
        ref readonly var number = ref MemoryMarshal.GetReference(numbers);
        var factor = GroupRange.ReciprocalOf(T.Load(in MemoryMarshal.GetReference(scales), 0));
        var offset = T.Load(in MemoryMarshal.GetReference(offsets), 0);
        for (var i = 0; i < Length; i += 4)
            T.StoreCodes(
                CodeOf(T.Load(in number, i), factor, offset),
                CodeOf(T.Load(in number, i + 1), factor, offset),
                CodeOf(T.Load(in number, i + 2), factor, offset),
                CodeOf(T.Load(in number, i + 3), factor, offset),
                ref codes[i],
                Length
            );
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T CodeOf<T>(T number, T factor, T offset)
        where T : struct, ILanes<T>
    {
        var code = T.NumbersOnly((T.NumbersOnly(number) + offset) * factor);
        return T.Round(T.Min(T.Max(code, T.All(0)), T.All(Highest)));
    }
}

/// <summary>Least squares of scale x code + minimum, the minimum not above zero.</summary>
internal readonly ref struct OffsetFit<T>
    where T : struct, ILanes<T>
{
    private readonly ReadOnlySpan<float> numbers;
    private readonly ReadOnlySpan<float> importance;
    private readonly T highest;
    private readonly T weights;
    private readonly T sum;
    private readonly T squares;

    public OffsetFit(ReadOnlySpan<float> numbers, ReadOnlySpan<float> importance, int highest)
    {
        this.numbers = numbers;
        this.importance = importance;
        this.highest = T.All(highest);
        (Smallest, Largest) = (T.All(0), T.All(-1));
        (weights, sum, squares) = (T.All(0), T.All(0), T.All(0));
        for (var i = 0; i < numbers.Length / T.Count; i++)
        {
            var x = T.Load(in MemoryMarshal.GetReference(numbers), i);
            var w = T.Load(in MemoryMarshal.GetReference(importance), i);
            (Smallest, Largest) = (T.Min(Smallest, x), T.Max(Largest, x));
            var weighted = w * x;
            (weights, sum) = (weights + w, sum + weighted);
            squares = T.MultiplyAdd(weighted, x, squares);
        }
    }

    /// <summary>Zero, or the smallest number if that is below.</summary>
    public T Smallest { get; }

    public T Largest { get; }

    /// <summary>Chooses codes for a step and a minimum, then the best scale and minimum for them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Improve(T step, T start, ref T best, ref T scale, ref T minimum)
    {
        var (codes, products, codeSquares) = SumsOf(step, start);
        var zero = T.All(0);
        var determinant = weights * codeSquares - codes * codes;
        var fittedScale = (weights * products - sum * codes) / determinant;
        var fittedMinimum = (codeSquares * sum - codes * products) / determinant;
        // A minimum above zero cannot be stored: zero then, and the best scale through it.
        var throughZero = products / codeSquares;
        fittedScale = T.WhereLess(zero, fittedMinimum, throughZero, fittedScale);
        fittedMinimum = T.WhereLess(zero, fittedMinimum, zero, fittedMinimum);
        var error = ErrorOf(fittedScale, fittedMinimum, codes, products, codeSquares);
        scale = T.WhereLess(error, best, fittedScale, scale);
        minimum = T.WhereLess(error, best, fittedMinimum, minimum);
        best = T.WhereLess(error, best, error, best);
    }

    /// <summary>The error under a settled scale with the best minimum, which is found in two rounds.</summary>
    public T ErrorAt(T scale, ref T minimum)
    {
        var step = GroupRange.ReciprocalOf(scale);
        var perWeight = GroupRange.ReciprocalOf(weights);
        var (codes, _, _) = SumsOf(step, minimum);
        minimum = T.Min((sum - scale * codes) * perWeight, T.All(0));
        var (nextCodes, products, squaresOfCodes) = SumsOf(step, minimum);
        minimum = T.Min((sum - scale * nextCodes) * perWeight, T.All(0));
        return ErrorOf(scale, minimum, nextCodes, products, squaresOfCodes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (T Codes, T Products, T Squares) SumsOf(T step, T start)
    {
        ref readonly var number = ref MemoryMarshal.GetReference(numbers);
        ref readonly var weight = ref MemoryMarshal.GetReference(importance);
        var (codes, products, codeSquares) = (T.All(0), T.All(0), T.All(0));
        var zero = T.All(0);
        var shift = zero - start * step;
        for (var i = 0; i < numbers.Length / T.Count; i++)
        {
            var x = T.Load(in number, i);
            var code = T.Min(T.Max(T.Round(T.MultiplyAdd(x, step, shift)), zero), highest);
            var weighted = T.Load(in weight, i) * code;
            codes += weighted;
            products = T.MultiplyAdd(weighted, x, products);
            codeSquares = T.MultiplyAdd(weighted, code, codeSquares);
        }
        return (codes, products, codeSquares);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T ErrorOf(T scale, T minimum, T codes, T products, T codeSquares)
    {
        var two = T.All(2);
        var fitted = scale * (scale * codeSquares + two * minimum * codes) + minimum * minimum * weights;
        return fitted - two * (scale * products + minimum * sum) + squares;
    }
}
