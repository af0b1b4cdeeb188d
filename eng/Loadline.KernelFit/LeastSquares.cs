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

    /// <summary>Keeps what the rows say nothing of near where it started.</summary>
    private const double Ridge = 1e-4;

    /// <param name="residuals">Logarithms of predicted over measured at the values of the parameters, row by row.</param>
    public static double[] Fit(Parameter[] parameters, double[] weights, Func<double[], double[]> residuals)
    {
        var count = parameters.Length;
        var start = Array.ConvertAll(parameters, parameter => parameter.FreeAt(parameter.Start));
        var free = (double[])start.Clone();
        var total = weights.Sum();
        double[] At(double[] point) => residuals(Values(parameters, point));
        double Loss(double[] found, double[] point)
        {
            var sum = 0.0;
            for (var i = 0; i < found.Length; i++)
                sum += weights[i] * 2 * (Math.Sqrt(1 + found[i] * found[i] / (Scale * Scale)) - 1);
            for (var i = 0; i < count; i++)
                sum += Ridge * total * (point[i] - start[i]) * (point[i] - start[i]);
            return sum;
        }

        var current = At(free);
        var loss = Loss(current, free);
        var damping = 1e-2;
        for (var iteration = 0; iteration < Iterations && damping < 1e8; iteration++)
        {
            var columns = new double[count][];
            for (var j = 0; j < count; j++)
            {
                var moved = (double[])free.Clone();
                moved[j] += Step;
                columns[j] = At(moved);
                for (var i = 0; i < current.Length; i++)
                    columns[j][i] = (columns[j][i] - current[i]) / Step;
            }
            var normal = new double[count, count + 1];
            for (var i = 0; i < current.Length; i++)
            {
                var scaled = current[i] / Scale;
                var weight = weights[i] / (Scale * Scale * Math.Sqrt(1 + scaled * scaled));
                for (var j = 0; j < count; j++)
                {
                    for (var k = 0; k <= j; k++)
                        normal[j, k] += weight * columns[j][i] * columns[k][i];
                    normal[j, count] -= weight * columns[j][i] * current[i];
                }
            }
            for (var j = 0; j < count; j++)
            {
                normal[j, j] += Ridge * total;
                normal[j, count] -= Ridge * total * (free[j] - start[j]);
                for (var k = 0; k < j; k++)
                    normal[k, j] = normal[j, k];
            }
            while (damping < 1e8)
            {
                var shift = Solve(normal, damping);
                var next = new double[count];
                for (var j = 0; j < count; j++)
                    next[j] = Math.Clamp(free[j] + Math.Clamp(shift[j], -2, 2), -7, 7);
                var found = At(next);
                var better = Loss(found, next);
                if (better < loss)
                {
                    var gain = (loss - better) / loss;
                    (free, current, loss) = (next, found, better);
                    damping = Math.Max(damping / 5, 1e-9);
                    if (gain < 1e-7)
                        return Values(parameters, free);
                    break;
                }
                damping *= 5;
            }
        }
        return Values(parameters, free);
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
