using System.Runtime.InteropServices;

namespace Loadline.Quantization;

/// <summary>Scales that only take a few numbers: powers of two, or E4M3 under a scale of the tensor.</summary>
internal interface IScaleGrid
{
    public int Candidates { get; }

    /// <summary>A scale to try for a group with that largest magnitude, which is not negative.</summary>
    public float Candidate(float peak, int i);
}

/// <summary>Groups of E2M1 whose scale is the one of a few that leaves the smallest error: MXFP4, NVFP4.</summary>
internal readonly record struct PickedScaleCoder<TGrid>(int Length, TGrid Grid) : IGroupCoder
    where TGrid : struct, IScaleGrid
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
        numbers = numbers[..(T.Count * Length)];
        Span<float> normal = stackalloc float[numbers.Length];
        Span<float> peaks = stackalloc float[T.Count];
        Span<float> tried = stackalloc float[T.Count];
        var peak = T.Abs(GroupRange.Peak<T>(numbers));
        GroupRange.Normalise(numbers, peak, normal);
        peak.Store(ref MemoryMarshal.GetReference(peaks), 0);
        var (best, scale) = (T.All(float.MaxValue), T.All(0));
        for (var i = 0; i < Grid.Candidates; i++)
        {
            for (var lane = 0; lane < T.Count; lane++)
                tried[lane] = Grid.Candidate(peaks[lane], i);
            var candidate = T.Load(in MemoryMarshal.GetReference(tried), 0);
            var error = ErrorOf(normal, importance, candidate * GroupRange.ReciprocalOf(peak));
            scale = T.WhereLess(error, best, candidate, scale);
            best = T.WhereLess(error, best, error, best);
        }
        scale.Store(ref MemoryMarshal.GetReference(scales), 0);
        CodeWriter.Write(new E2M1Levels(), Length, normal, peak * GroupRange.ReciprocalOf(scale), codes);
    }

    private static T ErrorOf<T>(ReadOnlySpan<float> numbers, ReadOnlySpan<float> importance, T scale)
        where T : struct, ILanes<T>
    {
        ref readonly var number = ref MemoryMarshal.GetReference(numbers);
        ref readonly var weight = ref MemoryMarshal.GetReference(importance);
        var factor = GroupRange.ReciprocalOf(scale);
        var (error, negative) = (T.All(0), T.All(0) - scale);
        for (var i = 0; i < numbers.Length / T.Count; i++)
        {
            var x = T.Load(in number, i);
            var difference = T.MultiplyAdd(negative, new E2M1Levels().Nearest(x * factor), x);
            error = T.MultiplyAdd(T.Load(in weight, i) * difference, difference, error);
        }
        return error;
    }
}
