using System.Globalization;
using Loadline.Planning;
using Loadline.Quantities;

namespace Loadline.Quantization.Evaluation;

/// <summary>Pictures of what was measured, as SVG files.</summary>
public static class EvaluationCharts
{
    private const double Width = 760;
    private const double PlotHeight = 360;
    private const double LargestRadius = 9;
    private const double SmallestRadius = 4;

    /// <summary>Divergences below this are drawn at it: they are rounding of fp32.</summary>
    private const double LeastDivergence = 1e-7;

    /// <summary>Space to the right, loss upwards, speed as the size of the point.</summary>
    /// <exception cref="ArgumentException">Nothing was measured.</exception>
    public static string Of(TriangleReport report)
    {
        var points = report.Formats.Where(format => format.Evaluation is not null).ToList();
        if (points.Count == 0)
            throw new ArgumentException("no format was measured", nameof(report));
        var canvas = new Canvas(Width, Axis.TopRoom + PlotHeight + Axis.BottomRoom);
        var up = Divergences(points.Select(point => point.Evaluation!.KlDivergence));
        var left = Axis.RoomFor(up, Small);
        var right = Scale.FromZero(points.Max(Mebibytes), left, Width - 30, 8);
        var plot = new Box(left, Axis.TopRoom, right.At(right.High) - left, PlotHeight);
        Axis.Left(canvas, up, plot, "KL divergence from the original, nats per token", Small);
        Axis.Bottom(canvas, right, plot, "memory of the weights, MiB");
        var fastest = points.Max(point => point.Evaluation!.TokensPerSecond);
        var placement = new LabelPlacement(new Box(left, 0, Width - left, plot.Bottom));
        var drawn = points
            .Select(point =>
                (
                    point,
                    X: right.At(Mebibytes(point)),
                    Y: At(up, point.Evaluation!.KlDivergence.Value),
                    R: Radius(point)
                )
            )
            .ToList();
        foreach (var (point, x, y, radius) in drawn)
        {
            var divergence = point.Evaluation!.KlDivergence;
            canvas.Line(x, At(up, divergence.Low), x, At(up, divergence.High), "whisker accent");
            placement.Take(new Box(x - radius, y - radius, 2 * radius, 2 * radius));
        }
        foreach (var (point, x, y, radius) in drawn)
        {
            var speed = $"{Significant.Three(point.Evaluation!.TokensPerSecond)} tokens/s";
            var width = Math.Max(TextWidth.Of(point.Format, Canvas.LabelSize), TextWidth.Of(speed, Canvas.TickSize));
            if (placement.Beside(x, y, radius, width, 32) is { } place)
            {
                canvas.Leader(place, x, y);
                canvas.Text(place.Left, place.Top + 12, point.Format);
                canvas.Text(place.Left, place.Top + 27, speed, "t");
            }
            canvas.Circle(x, y, radius, "dot accent");
        }
        return canvas.ToFile(
            $"{Path.GetFileName(report.Model.TrimEnd('/', '\\'))}: space, quality and time by format",
            "Each format as a point: memory of its weights to the right, divergence from the original upwards with its 90 % interval, a larger point for a faster one."
        );

        double Radius(MeasuredFormat point) =>
            Math.Max(SmallestRadius, LargestRadius * Math.Sqrt(point.Evaluation!.TokensPerSecond / fastest));
    }

    /// <summary>Divergence by the bits that were cleared.</summary>
    public static string Of(MantissaReport report)
    {
        var canvas = new Canvas(Width, Axis.TopRoom + PlotHeight + Axis.BottomRoom);
        var up = Divergences(report.Steps.Select(step => step.Evaluation.KlDivergence));
        var left = Axis.RoomFor(up, Small);
        var right = Scale.Counts(TruncatedStore.MantissaBits, left, Width - 30, TruncatedStore.MantissaBits + 1);
        var plot = new Box(left, Axis.TopRoom, right.At(right.High) - left, PlotHeight);
        Axis.Left(canvas, up, plot, "KL divergence from the original, nats per token", Small);
        Axis.Bottom(canvas, right, plot, "bits cleared, of the 23 of the mantissa");
        var points = report
            .Steps.Select(step => (X: right.At(step.ClearedBits), Y: At(up, step.Evaluation.KlDivergence.Value)))
            .ToList();
        canvas.Polyline(points, "line accent");
        foreach (var (x, y) in points)
            canvas.Circle(x, y, 4, "dot accent");
        return canvas.ToFile(
            $"{Path.GetFileName(report.Model.TrimEnd('/', '\\'))}: what the last digits of the weights hold",
            "Divergence from the original by the number of bits cleared from the end of every weight."
        );
    }

    private static Scale Divergences(IEnumerable<Estimate> divergences) =>
        Scale.Spanning(
            divergences.SelectMany(estimate =>
                (double[])[Math.Max(LeastDivergence, estimate.Value), Math.Max(LeastDivergence, estimate.High)]
            ),
            Axis.TopRoom + PlotHeight,
            Axis.TopRoom,
            8
        );

    private static double At(Scale scale, double divergence) => scale.At(Math.Max(LeastDivergence, divergence));

    private static double Mebibytes(MeasuredFormat point) => point.BytesOut!.Value / (double)(1L << 20);

    private static string Small(double tick) =>
        tick is 0 or >= 0.001 ? Axis.Written(tick) : tick.ToString("0e0", CultureInfo.InvariantCulture);
}
