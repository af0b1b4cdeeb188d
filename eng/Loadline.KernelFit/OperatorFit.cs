using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.KernelFit;

/// <summary>What the fits need of an accelerator's datasheet.</summary>
internal sealed record Device(string System, Accelerator Accelerator)
{
    public double Bandwidth => Accelerator.MemoryBandwidth!.Value.BytesPerSecond;

    public double Wide => Accelerator.Peak.Bf16!.Value.PerSecond;

    public double Peak(Arithmetic arithmetic) => Accelerator.Peak[arithmetic]?.PerSecond ?? Wide;
}

/// <summary>A measured kernel.</summary>
/// <param name="Seconds">Measured time.</param>
/// <param name="Weight">How much it is like what is served.</param>
/// <param name="Shape">Rows of one shape are left out together.</param>
internal abstract record MeasuredKernel(double Seconds, double Weight, string Shape)
{
    /// <summary>What it multiplies in.</summary>
    public virtual Arithmetic Arithmetic => Arithmetic.Bf16;
}

/// <summary>How well constants foretell rows: weighted quantiles of |predicted - measured| / measured.</summary>
internal readonly record struct FitError(double Median, double P90);

/// <summary>What belongs together: kernels of one format of one engine on one device.</summary>
internal readonly record struct KernelGroup(string System, string Engine, string Format);

/// <summary>Constants of one group and how good they are.</summary>
internal sealed record Fitted<TConstants>(
    KernelGroup Group,
    double[] Values,
    TConstants Constants,
    int Rows,
    FitError InSample,
    FitError ShapesLeftOut
);

/// <summary>What others need of the fits of an operator.</summary>
internal interface IOperatorFit<TConstants>
{
    public IReadOnlyDictionary<KernelGroup, Fitted<TConstants>> Results { get; }

    /// <summary>Medians over devices of the medians over engines, by format and without one device.</summary>
    public double[]? MedianValues(string format, string? exceptSystem = null);

    public TConstants Constants(double[] values);

    /// <summary>Error on a group of constants that have seen nothing of its device; null when no other has the format.</summary>
    public FitError? DeviceLeftOut(KernelGroup group);

    /// <summary>What the kernels of a group multiply in.</summary>
    public Arithmetic ArithmeticOf(KernelGroup group);
}

/// <summary>Fits the constants of one kind of operator to the equation the prediction uses.</summary>
/// <param name="parameters">What is searched for.</param>
/// <param name="constants">Puts values of the parameters into the catalog's record.</param>
/// <param name="seconds">Predicted time of a row.</param>
/// <param name="leastRows">Fewer rows say nothing of a group.</param>
internal sealed class OperatorFit<TRow, TConstants>(
    Parameter[] parameters,
    Func<double[], TConstants> constants,
    Func<TConstants, Device, TRow, double> seconds,
    int leastRows = 40
) : IOperatorFit<TConstants>
    where TRow : MeasuredKernel
{
    private const int MostRows = 5000;
    private const int Folds = 3;

    private readonly Dictionary<KernelGroup, (Device Device, TRow[] Rows)> groups = [];

    private readonly Dictionary<KernelGroup, Fitted<TConstants>> results = [];

    public IReadOnlyDictionary<KernelGroup, Fitted<TConstants>> Results => results;

    public void Add(KernelGroup group, Device device, IEnumerable<TRow> rows)
    {
        var all = rows.Where(row => row.Weight > 0).ToArray();
        if (all.Length < leastRows)
            return;
        var stride = (all.Length + MostRows - 1) / MostRows;
        var kept = all.Where((_, index) => index % stride == 0).ToArray();
        groups[group] = (device, kept);
        var values = Fit(device, kept);
        results[group] = new Fitted<TConstants>(
            group,
            values,
            constants(values),
            kept.Length,
            ErrorOf(values, device, kept),
            LeftOut(device, kept)
        );
    }

    public double[]? MedianValues(string format, string? exceptSystem = null)
    {
        var bySystem = Results
            .Values.Where(fitted => fitted.Group.Format == format && fitted.Group.System != exceptSystem)
            .GroupBy(fitted => fitted.Group.System)
            .Select(system => MedianOf([.. system.Select(fitted => fitted.Values)]))
            .ToList();
        return bySystem.Count == 0 ? null : MedianOf(bySystem);
    }

    public TConstants Constants(double[] values) => constants(values);

    public Arithmetic ArithmeticOf(KernelGroup group) => groups[group].Rows[0].Arithmetic;

    public FitError? DeviceLeftOut(KernelGroup group) =>
        MedianValues(group.Format, group.System) is { } values
            ? ErrorOf(values, groups[group].Device, groups[group].Rows)
            : null;

    private double[] Fit(Device device, TRow[] rows) =>
        LeastSquares.Fit(
            parameters,
            Array.ConvertAll(rows, row => row.Weight),
            values =>
            {
                var tried = constants(values);
                return Array.ConvertAll(rows, row => Math.Log(seconds(tried, device, row) / row.Seconds));
            }
        );

    private FitError LeftOut(Device device, TRow[] rows)
    {
        var shapes = rows.Select(row => row.Shape)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToList();
        var fold = shapes
            .Select((shape, index) => (shape, index % Folds))
            .ToDictionary(pair => pair.shape, pair => pair.Item2);
        var errors = new List<(double Error, double Weight)>();
        for (var held = 0; held < Folds; held++)
        {
            var seen = rows.Where(row => fold[row.Shape] != held).ToArray();
            var unseen = rows.Where(row => fold[row.Shape] == held).ToArray();
            if (seen.Length == 0 || unseen.Length == 0)
                continue;
            errors.AddRange(Errors(Fit(device, seen), device, unseen));
        }
        return Quantiles(errors);
    }

    private FitError ErrorOf(double[] values, Device device, TRow[] rows) => Quantiles(Errors(values, device, rows));

    private IEnumerable<(double, double)> Errors(double[] values, Device device, TRow[] rows)
    {
        var tried = constants(values);
        return rows.Select(row => (Math.Abs(seconds(tried, device, row) / row.Seconds - 1), row.Weight));
    }

    private static FitError Quantiles(IEnumerable<(double Error, double Weight)> errors)
    {
        var ordered = errors.OrderBy(pair => pair.Error).ToList();
        var total = ordered.Sum(pair => pair.Weight);
        double At(double share)
        {
            var sum = 0.0;
            foreach (var (error, weight) in ordered)
            {
                sum += weight;
                if (sum >= share * total)
                    return error;
            }
            return double.NaN;
        }
        return new FitError(At(0.5), At(0.9));
    }

    private static double[] MedianOf(List<double[]> values) =>
        [
            .. Enumerable
                .Range(0, values[0].Length)
                .Select(index => Sample.Quantile(values.Select(one => one[index]), 0.5)),
        ];
}
