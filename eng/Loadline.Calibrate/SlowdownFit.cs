using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Calibrate;

/// <summary>
/// Gauss and Newton's method on the logarithms of predicted over measured time, with Huber's weights, so that one odd run
/// does not decide. Factors below 1 and negative times are not constants but luck, and are cut off.
/// </summary>
internal sealed class SlowdownFit(IReadOnlyList<MeasuredRun> runs)
{
    /// <summary>Memory, compute, time per layer, time per change of device.</summary>
    public const int Parameters = 4;

    /// <summary>Residuals beyond this logarithm count by their sign only.</summary>
    private const double Huber = 0.15;

    /// <summary>Pull towards where the fit stands, so that what the runs do not tell apart stays.</summary>
    private const double Damping = 0.003;

    /// <summary>Most that one step changes a parameter, in its own scale.</summary>
    private const double LongestStep = 0.7;

    private const double LeastTime = 1e-6;
    private const double Shift = 0.06;

    private readonly IReadOnlyList<(MeasuredRun Run, double Weight)> weighted = Weighted(runs);
    private readonly bool hasTransfers = runs.Any(run => run.CrossesDevices);

    // Logarithms: of the factors, and of the times over one microsecond.
    private readonly double[] position =
    [
        Math.Log(1.3),
        Math.Log(1.5),
        Math.Log(20),
        runs.Any(run => run.CrossesDevices) ? Math.Log(20_000) : 0,
    ];

    public Slowdown Slowdown => At(position);

    /// <summary>The slowdown with one parameter a little larger.</summary>
    public Slowdown Shifted(int index)
    {
        var moved = (double[])position.Clone();
        moved[index] += Shift;
        return At(moved);
    }

    /// <summary>One step, from how much slower than predicted every run was here and with each parameter shifted.</summary>
    public void Improve(Dictionary<string, double> slowness, Dictionary<string, double>[] shifted)
    {
        var normal = new double[Parameters, Parameters];
        var right = new double[Parameters];
        Span<double> slope = stackalloc double[Parameters];
        foreach (var (run, weight) in weighted)
        {
            var residual = slowness[run.Id];
            for (var i = 0; i < Parameters; i++)
                slope[i] = (residual - shifted[i][run.Id]) / Shift;
            var robust = weight * Math.Min(1, Huber / Math.Max(Math.Abs(residual), 1e-9));
            for (var i = 0; i < Parameters; i++)
            {
                right[i] += robust * slope[i] * residual;
                for (var j = 0; j < Parameters; j++)
                    normal[i, j] += robust * slope[i] * slope[j];
            }
        }
        for (var i = 0; i < Parameters; i++)
            normal[i, i] += Damping;
        var step = Solve(normal, right);
        for (var i = 0; i < Parameters; i++)
            position[i] = Math.Max(0, position[i] + Math.Clamp(step[i], -LongestStep, LongestStep));
        if (!hasTransfers)
            position[3] = 0;
    }

    private static Slowdown At(double[] position) =>
        new(Math.Exp(position[0]), Math.Exp(position[1]))
        {
            PerLayer = Time(position[2]),
            PerTransfer = Time(position[3]),
        };

    /// <summary>A microsecond and less is none.</summary>
    private static Duration Time(double logarithm) => new((Math.Exp(logarithm) - 1) * LeastTime);

    private static IReadOnlyList<(MeasuredRun, double)> Weighted(IReadOnlyList<MeasuredRun> runs)
    {
        var models = runs.GroupBy(run => run.Model).ToList();
        return
        [
            .. models.SelectMany(model =>
            {
                var deployments = model.GroupBy(run => (run.Deployment, run.Phase)).ToList();
                return deployments.SelectMany(deployment =>
                    deployment.Select(run => (run, 1.0 / models.Count / deployments.Count / deployment.Count()))
                );
            }),
        ];
    }

    /// <summary>Gauss elimination; the matrix is positive definite because of the damping.</summary>
    private static double[] Solve(double[,] matrix, double[] right)
    {
        for (var pivot = 0; pivot < Parameters; pivot++)
        {
            for (var row = pivot + 1; row < Parameters; row++)
            {
                var share = matrix[row, pivot] / matrix[pivot, pivot];
                for (var column = pivot; column < Parameters; column++)
                    matrix[row, column] -= share * matrix[pivot, column];
                right[row] -= share * right[pivot];
            }
        }
        var solution = new double[Parameters];
        for (var row = Parameters - 1; row >= 0; row--)
        {
            var sum = right[row];
            for (var column = row + 1; column < Parameters; column++)
                sum -= matrix[row, column] * solution[column];
            solution[row] = sum / matrix[row, row];
        }
        return solution;
    }
}
