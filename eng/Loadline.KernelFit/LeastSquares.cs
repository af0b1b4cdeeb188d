namespace Loadline.KernelFit;

/// <summary>A constant to fit: positive, between two bounds, searched for on a logarithmic scale.</summary>
internal sealed record Parameter(string Name, double Start, double Low, double High)
{
    public double ValueAt(double free) => Low * Math.Pow(High / Low, 1 / (1 + Math.Exp(-free)));

    public double FreeAt(double value)
    {
        var share = Math.Clamp(Math.Log(value / Low) / Math.Log(High / Low), 1e-3, 1 - 1e-3);
        return Math.Log(share / (1 - share));
    }
}

/// <summary>Robust weighted least squares of logarithms by the Levenberg-Marquardt method.</summary>
/// <remarks>
/// The loss of a residual r is 2 (sqrt(1 + (r/s)^2) - 1): squares for small, absolute values for large ones, so that a
/// few kernels that were chosen badly by a library do not bend the constants of all others.
/// </remarks>
internal static class LeastSquares
{
    private const double Scale = 0.1;
    private const int Iterations = 60;
    private const double Step = 1e-3;
    private const double MostDamping = 1e8;
    private const double LeastGain = 1e-7;

    /// <summary>Keeps what the rows say nothing of near where it started.</summary>
    private const double Ridge = 1e-4;

    /// <param name="residuals">Logarithms of predicted over measured at the values of the parameters, row by row.</param>
    public static double[] Fit(Parameter[] parameters, double[] weights, Func<double[], double[]> residuals)
    {
        var start = Array.ConvertAll(parameters, parameter => parameter.FreeAt(parameter.Start));
        var free = start;
        var ridge = Ridge * weights.Sum();
        double[] At(double[] point) => residuals(Values(parameters, point));
        var current = At(free);
        var loss = Loss(current, weights) + ridge * Squares(free, start);
        var damping = 1e-2;
        for (var iteration = 0; iteration < Iterations && damping < MostDamping; iteration++)
        {
            var normal = Normal(current, Slopes(At, free, current), weights);
            for (var j = 0; j < free.Length; j++)
            {
                normal[j, j] += ridge;
                normal[j, free.Length] -= ridge * (free[j] - start[j]);
            }
            var gain = 0.0;
            for (; gain <= 0 && damping < MostDamping; damping *= 5)
            {
                var shift = Solve(normal, damping);
                var next = free.Select((value, j) => Math.Clamp(value + Math.Clamp(shift[j], -2, 2), -7, 7)).ToArray();
                var found = At(next);
                var better = Loss(found, weights) + ridge * Squares(next, start);
                gain = (loss - better) / loss;
                if (gain > 0)
                    (free, current, loss, damping) = (next, found, better, damping / 25);
            }
            if (gain < LeastGain)
                break;
        }
        return Values(parameters, free);
    }

    private static double Loss(double[] residuals, double[] weights)
    {
        var sum = 0.0;
        for (var i = 0; i < residuals.Length; i++)
            sum += weights[i] * 2 * (Math.Sqrt(1 + residuals[i] * residuals[i] / (Scale * Scale)) - 1);
        return sum;
    }

    private static double Squares(double[] point, double[] start) =>
        point.Zip(start, (value, origin) => (value - origin) * (value - origin)).Sum();

    /// <summary>Of every residual in the direction of every parameter, by a small step.</summary>
    private static double[][] Slopes(Func<double[], double[]> residuals, double[] point, double[] current) =>
        [
            .. point.Select(
                (_, j) =>
                {
                    var moved = (double[])point.Clone();
                    moved[j] += Step;
                    return residuals(moved).Zip(current, (next, now) => (next - now) / Step).ToArray();
                }
            ),
        ];

    /// <summary>The normal equations, each with its right side last, at the weights that the loss gives the residuals.</summary>
    private static double[,] Normal(double[] residuals, double[][] slopes, double[] weights)
    {
        var count = slopes.Length;
        var normal = new double[count, count + 1];
        for (var i = 0; i < residuals.Length; i++)
        {
            var scaled = residuals[i] / Scale;
            var weight = weights[i] / (Scale * Scale * Math.Sqrt(1 + scaled * scaled));
            for (var j = 0; j < count; j++)
            {
                for (var k = 0; k < count; k++)
                    normal[j, k] += weight * slopes[j][i] * slopes[k][i];
                normal[j, count] -= weight * slopes[j][i] * residuals[i];
            }
        }
        return normal;
    }

    private static double[] Values(Parameter[] parameters, double[] free) =>
        [.. parameters.Select((parameter, index) => parameter.ValueAt(free[index]))];

    /// <summary>Gauss elimination of the normal equations with their diagonal enlarged.</summary>
    private static double[] Solve(double[,] normal, double damping)
    {
        var count = normal.GetLength(0);
        var matrix = (double[,])normal.Clone();
        for (var i = 0; i < count; i++)
            matrix[i, i] *= 1 + damping;
        for (var i = 0; i < count; i++)
        {
            // Symmetric and positive definite: no pivot is needed.
            for (var row = i + 1; row < count; row++)
            {
                var factor = matrix[row, i] / matrix[i, i];
                for (var column = i; column <= count; column++)
                    matrix[row, column] -= factor * matrix[i, column];
            }
        }
        var solution = new double[count];
        for (var i = count - 1; i >= 0; i--)
        {
            var sum = matrix[i, count];
            for (var j = i + 1; j < count; j++)
                sum -= matrix[i, j] * solution[j];
            solution[i] = sum / matrix[i, i];
        }
        return solution;
    }
}
