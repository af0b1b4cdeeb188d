namespace Loadline.Quantization;

/// <summary>
/// The power of two that the OCP specification takes, under which the largest number is from 4 to 8 and what is above 6
/// is cut to 6, and the next larger one, under which nothing is cut.
/// </summary>
internal readonly record struct PowersOfTwo : IScaleGrid
{
    private const float SmallestNormal = 1.17549435e-38f;

    public int Candidates => 2;

    public float Candidate(float peak, int i)
    {
        if (peak == 0)
            return SmallestNormal;
        // 2^2 is the largest power of two that E2M1 holds.
        var exponent = Math.Clamp(Math.ILogB(peak) - 2 + i, -126, 127);
        return MathF.ScaleB(1, exponent);
    }
}

/// <summary>
/// E4M3 under a scale of the tensor: the code under which the largest number is 6, the two above and below it, and the
/// one under which it is 4.
/// </summary>
/// <param name="TensorScale">What a code of 1 stands for.</param>
internal readonly record struct ScaledE4M3(float TensorScale) : IScaleGrid
{
    private const byte Highest = 0x7E;

    public int Candidates => 6;

    public float Candidate(float peak, int i)
    {
        var relative = peak / TensorScale;
        var code = i == 5 ? E4M3.Encode(relative / 4) : E4M3.Encode(relative / E2M1.Largest) + Offset(i);
        // A scale of zero loses the group; the smallest that is not keeps what is large enough.
        return TensorScale * E4M3.All[Math.Clamp(code, (byte)1, Highest)];
    }

    private static int Offset(int i) =>
        i switch
        {
            0 => 0,
            1 => 1,
            2 => -1,
            3 => -2,
            _ => 2,
        };
}
