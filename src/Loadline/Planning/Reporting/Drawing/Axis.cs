using System.Globalization;

namespace Loadline.Planning;

/// <summary>Axes with faint grid lines, ticks in words and a caption that carries the unit.</summary>
internal static class Axis
{
    private const double TickGap = 6;

    /// <summary>Room for ticks and caption below a plot.</summary>
    public const double BottomRoom = 46;

    /// <summary>Room for the caption above a plot, where the left axis has it.</summary>
    public const double TopRoom = 30;

    public static string Written(double tick) => tick.ToString("#,0.######", CultureInfo.InvariantCulture);

    /// <summary>Room that the ticks of a left axis need.</summary>
    public static double RoomFor(Scale scale, Func<double, string> write) =>
        Math.Ceiling(scale.Ticks.Max(tick => TextWidth.Of(write(tick), Canvas.TickSize))) + TickGap + 2;

    public static void Bottom(Canvas canvas, Scale scale, Box plot, string caption, Func<double, string>? write = null)
    {
        write ??= Written;
        foreach (var tick in scale.Ticks)
        {
            var x = scale.At(tick);
            canvas.Line(x, plot.Top, x, plot.Bottom, "grid");
            canvas.Text(x, plot.Bottom + 17, write(tick), "t m");
        }
        canvas.Line(plot.Left, plot.Bottom, plot.Right, plot.Bottom, "axis");
        canvas.Text(plot.Right, plot.Bottom + 37, caption, "t e");
    }

    public static void Left(Canvas canvas, Scale scale, Box plot, string caption, Func<double, string>? write = null)
    {
        write ??= Written;
        foreach (var tick in scale.Ticks)
        {
            var y = scale.At(tick);
            canvas.Line(plot.Left, y, plot.Right, y, "grid");
            canvas.Text(plot.Left - TickGap, y + 4, write(tick), "t e");
        }
        canvas.Text(0, plot.Top - 16, caption, "t");
    }
}
