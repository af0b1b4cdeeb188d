using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Loadline.Quantization;

/// <summary>How a scale is rounded before codes are chosen for it, so that the codes fit the scale that is stored.</summary>
internal enum ScaleType
{
    /// <summary>Not rounded here: the format packs it with others.</summary>
    Fp32,
    Fp16,
    Bf16,
}

/// <summary>Groups with levels around zero and one scale each: Q4_0, IQ4_NL, INT4 with symmetric groups.</summary>
/// <param name="Steps">
/// Reciprocals of the scales to try, relative to the number of the largest magnitude, or to its magnitude when
/// <paramref name="Positive"/>.
/// </param>
/// <param name="Positive">The format wants scales that are not negative.</param>
internal readonly record struct LevelCoder<TLevels>(
    int Length,
    TLevels Levels,
    float[] Steps,
    bool Positive,
    ScaleType Type
) : IGroupCoder
    where TLevels : struct, ILevels
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
        Span<float> normal = stackalloc float[T.Count * Length];
        var peak = GroupRange.Peak<T>(numbers[..normal.Length]);
        peak = Positive ? T.Abs(peak) : peak;
        GroupRange.Normalise(numbers[..normal.Length], peak, normal);
        var scale = peak * ScaleSearch.ScaleOf<T, TLevels>(Levels, normal, importance, Steps);
        scale = Scales.Round(scale, Type);
        scale.Store(ref MemoryMarshal.GetReference(scales), 0);
        if (!codes.IsEmpty)
            CodeWriter.Write(Levels, Length, normal, peak * GroupRange.ReciprocalOf(scale), codes);
    }
}

/// <summary>Groups whose scale is settled: only the codes are chosen.</summary>
internal readonly record struct SettledCoder<TLevels>(int Length, TLevels Levels) : IGroupCoder
    where TLevels : struct, ILevels
{
    public bool WantsWeights => false;

    public void Encode<T>(
        ReadOnlySpan<float> numbers,
        ReadOnlySpan<float> importance,
        Span<byte> codes,
        Span<float> scales,
        Span<float> offsets
    )
        where T : struct, ILanes<T> =>
        CodeWriter.Write(
            Levels,
            Length,
            numbers,
            GroupRange.ReciprocalOf(T.Load(in MemoryMarshal.GetReference(scales), 0)),
            codes
        );
}

/// <summary>Writes the codes that are nearest to number x factor.</summary>
internal static class CodeWriter
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<T, TLevels>(
        TLevels levels,
        int length,
        ReadOnlySpan<float> numbers,
        T factor,
        Span<byte> codes
    )
        where T : struct, ILanes<T>
        where TLevels : struct, ILevels
    {
        ref readonly var number = ref MemoryMarshal.GetReference(numbers);
        for (var i = 0; i < length; i += 4)
            T.StoreCodes(
                levels.CodeOf(T.NumbersOnly(T.Load(in number, i) * factor)),
                levels.CodeOf(T.NumbersOnly(T.Load(in number, i + 1) * factor)),
                levels.CodeOf(T.NumbersOnly(T.Load(in number, i + 2) * factor)),
                levels.CodeOf(T.NumbersOnly(T.Load(in number, i + 3) * factor)),
                ref codes[i],
                length
            );
    }
}
