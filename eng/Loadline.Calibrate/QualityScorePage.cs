using System.Globalization;
using Loadline.Prediction;

namespace Loadline.Calibrate;

/// <summary>Prints a score as a table of text.</summary>
internal static class QualityScorePage
{
    public static void Write(TextWriter writer, ValidationAnswer answer)
    {
        foreach (var slice in answer.Metrics.Concat(answer.Slices))
            writer.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{slice.Name, -60} {slice.Count, 4} {slice.Refused, 4} {slice.MedianAbsoluteError, 8:0.00%} {slice.P90AbsoluteError, 8:0.0%} {slice.Bias, 8:0.00%} {slice.Coverage90, 6:0%} {slice.MedianHalfWidth, 6:0.00}"
                )
            );
        foreach (var figure in answer.Figures)
            writer.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{figure.Name}: {figure.Share:0.0%} of {figure.Count}")
            );
        foreach (var reason in answer.RefusedReasons)
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"refused, {reason.Count}: {reason.Rule}"));
    }
}
