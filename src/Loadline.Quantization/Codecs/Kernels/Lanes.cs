using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Loadline.Quantization;

/// <summary>
/// Several groups of numbers side by side, one in each lane, so that a search over scales is written once: for one
/// group at a time, and for sixteen, with the same result bit for bit because no operation crosses lanes.
/// </summary>
internal interface ILanes<T>
    where T : struct, ILanes<T>
{
    public static abstract int Count { get; }

    public static abstract T All(float number);
    public static abstract T Load(ref readonly float origin, int row);
    public void Store(ref float origin, int row);

    public static abstract T operator +(T left, T right);

    public static abstract T operator -(T left, T right);

    public static abstract T operator *(T left, T right);

    public static abstract T operator /(T left, T right);

    public static abstract T MultiplyAdd(T left, T right, T addend);

    public static abstract T Min(T left, T right);
    public static abstract T Max(T left, T right);
    public static abstract T Abs(T number);

    /// <summary>To the nearest whole number, ties to even.</summary>
    public static abstract T Round(T number);

    /// <summary>Zero in place of what is not a number.</summary>
    public static abstract T NumbersOnly(T number);

    /// <summary>Zero in place of what is not finite.</summary>
    public static abstract T FiniteOnly(T number);

    public static abstract T WhereLess(T left, T right, T then, T otherwise);

    /// <summary>The nearest fp16, ties to even, no further than the largest; of finite numbers.</summary>
    public static abstract T RoundToHalf(T number);

    /// <summary>The nearest bf16, ties to even; of numbers far from the largest.</summary>
    public static abstract T RoundToBf16(T number);

    /// <summary>Writes four consecutive codes of 0 to 255 of every lane, whose codes are <paramref name="stride"/> bytes apart.</summary>
    public static abstract void StoreCodes(T first, T second, T third, T fourth, ref byte codes, int stride);
}

/// <summary>One group at a time, in plain arithmetic: the twin that <see cref="Lanes16"/> is held against.</summary>
internal readonly struct Lane1(float number) : ILanes<Lane1>
{
    private readonly float number = number;

    public float Number => number;

    public static int Count => 1;

    public static Lane1 All(float number) => new(number);

    public static Lane1 Load(ref readonly float origin, int row) => new(Unsafe.Add(ref Unsafe.AsRef(in origin), row));

    public void Store(ref float origin, int row) => Unsafe.Add(ref origin, row) = number;

    public static Lane1 operator +(Lane1 left, Lane1 right) => new(left.number + right.number);

    public static Lane1 operator -(Lane1 left, Lane1 right) => new(left.number - right.number);

    public static Lane1 operator *(Lane1 left, Lane1 right) => new(left.number * right.number);

    public static Lane1 operator /(Lane1 left, Lane1 right) => new(left.number / right.number);

    public static Lane1 MultiplyAdd(Lane1 left, Lane1 right, Lane1 addend) =>
        new(MathF.FusedMultiplyAdd(left.number, right.number, addend.number));

    public static Lane1 Min(Lane1 left, Lane1 right) => new(MathF.Min(left.number, right.number));

    public static Lane1 Max(Lane1 left, Lane1 right) => new(MathF.Max(left.number, right.number));

    public static Lane1 Abs(Lane1 number) => new(MathF.Abs(number.number));

    public static Lane1 Round(Lane1 number) => new(MathF.Round(number.number));

    public static Lane1 NumbersOnly(Lane1 number) => float.IsNaN(number.number) ? new(0) : number;

    public static Lane1 FiniteOnly(Lane1 number) => float.IsFinite(number.number) ? number : new(0);

    public static Lane1 RoundToHalf(Lane1 number) => new((float)Scales.ToHalf(number.number));

    public static Lane1 RoundToBf16(Lane1 number) => new(Scales.FromBf16(Scales.ToBf16(number.number)));

    public static Lane1 WhereLess(Lane1 left, Lane1 right, Lane1 then, Lane1 otherwise) =>
        left.number < right.number ? then : otherwise;

    public static void StoreCodes(Lane1 first, Lane1 second, Lane1 third, Lane1 fourth, ref byte codes, int stride)
    {
        codes = (byte)first.number;
        Unsafe.Add(ref codes, 1) = (byte)second.number;
        Unsafe.Add(ref codes, 2) = (byte)third.number;
        Unsafe.Add(ref codes, 3) = (byte)fourth.number;
    }
}

/// <summary>Sixteen groups: one AVX-512 register, two of AVX2, four of NEON, as the runtime lowers the portable vector.</summary>
internal readonly struct Lanes16(Vector512<float> numbers) : ILanes<Lanes16>
{
    private readonly Vector512<float> numbers = numbers;

    public Vector512<float> Numbers => numbers;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 All(float number) => new(Vector512.Create(number));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Load(ref readonly float origin, int row) =>
        new(Vector512.LoadUnsafe(in origin, (nuint)row * 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float origin, int row) => numbers.StoreUnsafe(ref origin, (nuint)row * 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator +(Lanes16 left, Lanes16 right) => new(left.numbers + right.numbers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator -(Lanes16 left, Lanes16 right) => new(left.numbers - right.numbers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator *(Lanes16 left, Lanes16 right) => new(left.numbers * right.numbers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator /(Lanes16 left, Lanes16 right) => new(left.numbers / right.numbers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 MultiplyAdd(Lanes16 left, Lanes16 right, Lanes16 addend) =>
        new(Vector512.FusedMultiplyAdd(left.numbers, right.numbers, addend.numbers));

    // The native forms are one instruction; they differ from the others for what is not a number only, which no
    // kernel lets through.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Min(Lanes16 left, Lanes16 right) => new(Vector512.MinNative(left.numbers, right.numbers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Max(Lanes16 left, Lanes16 right) => new(Vector512.MaxNative(left.numbers, right.numbers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Abs(Lanes16 number) => new(Vector512.Abs(number.numbers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Round(Lanes16 number) =>
        new(Avx512F.IsSupported ? Avx512F.RoundScale(number.numbers, 0) : Vector512.Round(number.numbers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 NumbersOnly(Lanes16 number) =>
        new(number.numbers & Vector512.Equals(number.numbers, number.numbers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 FiniteOnly(Lanes16 number) =>
        new(
            number.numbers & Vector512.LessThanOrEqual(Vector512.Abs(number.numbers), Vector512.Create(float.MaxValue))
        );

    public static Lanes16 RoundToHalf(Lanes16 number)
    {
        var (low, high) = (Vector512.Create(-Scales.LargestHalf), Vector512.Create(Scales.LargestHalf));
        var clamped = Vector512.MinNative(Vector512.MaxNative(number.numbers, low), high);
        var bits = clamped.AsUInt32();
        var sign = bits & Vector512.Create(0x80000000u);
        var magnitude = bits & Vector512.Create(0x7FFFFFFFu);
        // 13 bits fewer; below 2^-14 multiples of 2^-24, which is the ulp of a half.
        var rounded =
            (magnitude + ((magnitude >> 13) & Vector512<uint>.One) + Vector512.Create(0xFFFu))
            & Vector512.Create(~0x1FFFu);
        var half = Vector512.Create(0.5f);
        var small = magnitude.AsSingle() + half - half;
        var isSmall = Vector512.LessThan(magnitude.AsSingle(), Vector512.Create(Scales.SmallestNormalHalf));
        return new(Vector512.ConditionalSelect(isSmall, small, rounded.AsSingle()) | sign.AsSingle());
    }

    public static Lanes16 RoundToBf16(Lanes16 number)
    {
        var bits = number.numbers.AsUInt32();
        var odd = (bits >> 16) & Vector512<uint>.One;
        return new(((bits + odd + Vector512.Create(0x7FFFu)) & Vector512.Create(0xFFFF0000u)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 WhereLess(Lanes16 left, Lanes16 right, Lanes16 then, Lanes16 otherwise) =>
        new(
            Vector512.ConditionalSelect(
                Vector512.LessThan(left.numbers, right.numbers),
                then.numbers,
                otherwise.numbers
            )
        );

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreCodes(
        Lanes16 first,
        Lanes16 second,
        Lanes16 third,
        Lanes16 fourth,
        ref byte codes,
        int stride
    )
    {
        var words = Whole(first) | (Whole(second) << 8) | (Whole(third) << 16) | (Whole(fourth) << 24);
        ref var lanes = ref Unsafe.As<Vector512<int>, uint>(ref words);
        for (var lane = 0; lane < 16; lane++)
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref codes, lane * stride), Unsafe.Add(ref lanes, lane));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Whole(Lanes16 codes) => Vector512.ConvertToInt32Native(codes.numbers);
}
