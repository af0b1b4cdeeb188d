using System.Diagnostics;
using System.Runtime.Intrinsics;

namespace Loadline.Quantization.Inference;

/// <summary>The function between the matrices of an MLP.</summary>
public enum Activation
{
    Relu,

    /// <summary>x / (1 + e^-x), also called swish.</summary>
    Silu,

    /// <summary>x P(X &lt;= x) of a normal variable X, exactly.</summary>
    Gelu,

    /// <summary>The same with a hyperbolic tangent in place of the error function (gelu_new, gelu_pytorch_tanh).</summary>
    GeluTanh,
}

/// <summary>Applies an <see cref="Activation"/> to rows of activations.</summary>
internal static class Activations
{
    public static void Apply(Activation activation, Span<float> numbers)
    {
        switch (activation)
        {
            case Activation.Relu:
                for (var i = 0; i < numbers.Length; i++)
                    numbers[i] = Math.Max(numbers[i], 0);
                break;
            case Activation.Silu:
                Silu(numbers);
                break;
            case Activation.Gelu:
                for (var i = 0; i < numbers.Length; i++)
                    numbers[i] = (float)(0.5 * numbers[i] * ErrorFunction.Complement(-numbers[i] / Math.Sqrt(2)));
                break;
            case Activation.GeluTanh:
                for (var i = 0; i < numbers.Length; i++)
                    numbers[i] = GeluTanh(numbers[i]);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private static void Silu(Span<float> numbers)
    {
        var one = Vector512.Create(1.0f);
        var i = 0;
        for (; i <= numbers.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            var x = Vector512.Create<float>(numbers[i..]);
            (x / (one + Vector512.Exp(-x))).CopyTo(numbers[i..]);
        }
        for (; i < numbers.Length; i++)
            numbers[i] /= 1 + Elementwise.Exp(-numbers[i]);
    }

    /// <summary>Hendrycks and Gimpel, arXiv 1606.08415, section 2.</summary>
    private static float GeluTanh(float x)
    {
        const float RootOfTwoOverPi = 0.7978845608f;
        const float Cubic = 0.044715f;
        return 0.5f * x * (1 + MathF.Tanh(RootOfTwoOverPi * (x + Cubic * x * x * x)));
    }
}

/// <summary>The complementary error function, which the base library lacks.</summary>
internal static class ErrorFunction
{
    /// <summary>Below this the power series converges within 60 terms; above, the continued fraction does.</summary>
    private const double SeriesEnd = 2.5;

    private const int Terms = 60;

    /// <remarks>Abramowitz and Stegun, 7.1.6 and 7.1.14; to double precision, which fp32 activations do not need.</remarks>
    public static double Complement(double x)
    {
        if (double.IsNaN(x))
            return x;
        var z = Math.Abs(x);
        var positive = z < SeriesEnd ? 1 - Series(z) : Fraction(z);
        return x < 0 ? 2 - positive : positive;
    }

    private static double Series(double z)
    {
        var term = z;
        var sum = z;
        for (var n = 1; n < Terms; n++)
        {
            term *= 2 * z * z / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-z * z) * sum;
    }

    private static double Fraction(double z)
    {
        var tail = 0.0;
        for (var n = Terms; n > 0; n--)
            tail = n / 2.0 / (z + tail);
        return Math.Exp(-z * z) / Math.Sqrt(Math.PI) / (z + tail);
    }
}
