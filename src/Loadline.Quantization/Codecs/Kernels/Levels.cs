using System.Runtime.CompilerServices;

namespace Loadline.Quantization;

/// <summary>The numbers that the codes of a format stand for, before they are scaled.</summary>
internal interface ILevels
{
    /// <summary>The nearest level; beyond the ends the end.</summary>
    public T Nearest<T>(T number)
        where T : struct, ILanes<T>;

    /// <summary>The code, 0 or more, of the nearest level.</summary>
    public T CodeOf<T>(T number)
        where T : struct, ILanes<T>;
}

/// <summary>Whole numbers, coded as how far they are above the lowest.</summary>
internal readonly record struct WholeLevels(float Lowest, float Highest) : ILevels
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Nearest<T>(T number)
        where T : struct, ILanes<T> => T.Round(T.Min(T.Max(number, T.All(Lowest)), T.All(Highest)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T CodeOf<T>(T number)
        where T : struct, ILanes<T> => Nearest(number) - T.All(Lowest);
}

/// <summary>FP4 E2M1: between 0 and 2 the numbers are halves, up to 4 whole, then 6; ties go to the even code.</summary>
internal readonly record struct E2M1Levels : ILevels
{
    private const int SignBit = 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Nearest<T>(T number)
        where T : struct, ILanes<T>
    {
        var magnitude = Magnitude(number);
        return T.WhereLess(number, T.All(0), T.All(0) - magnitude, magnitude);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T CodeOf<T>(T number)
        where T : struct, ILanes<T>
    {
        var magnitude = Magnitude(number);
        var (two, four) = (T.All(2), T.All(4));
        var upper = T.WhereLess(magnitude, four, magnitude + two, T.MultiplyAdd(magnitude, T.All(0.5f), four));
        var code = T.WhereLess(magnitude, two, magnitude + magnitude, upper);
        return T.WhereLess(number, T.All(0), code + T.All(SignBit), code);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Magnitude<T>(T number)
        where T : struct, ILanes<T>
    {
        var magnitude = T.Min(T.Abs(number), T.All(E2M1.Largest));
        var wide = T.Round(magnitude * T.All(0.5f)) * T.All(2);
        var middle = T.WhereLess(magnitude, T.All(4), T.Round(magnitude), wide);
        return T.WhereLess(magnitude, T.All(2), T.Round(magnitude * T.All(2)) * T.All(0.5f), middle);
    }
}

/// <summary>Sixteen numbers in rising order, such as those of IQ4_NL and NF4; halfway between two the lower is taken.</summary>
internal readonly record struct TableLevels(float[] Numbers) : ILevels
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Nearest<T>(T number)
        where T : struct, ILanes<T>
    {
        var nearest = T.All(Numbers[0]);
        for (var i = 1; i < Numbers.Length; i++)
            nearest = T.WhereLess(T.All(BoundaryBelow(i)), number, T.All(Numbers[i]), nearest);
        return nearest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T CodeOf<T>(T number)
        where T : struct, ILanes<T>
    {
        var code = T.All(0);
        for (var i = 1; i < Numbers.Length; i++)
            code = T.WhereLess(T.All(BoundaryBelow(i)), number, T.All(i), code);
        return code;
    }

    private float BoundaryBelow(int i) => 0.5f * (Numbers[i - 1] + Numbers[i]);
}
