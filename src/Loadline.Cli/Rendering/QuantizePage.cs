using System.Globalization;
using Loadline.Quantities;
using Loadline.Quantization;

namespace Loadline.Cli.Rendering;

internal static class QuantizePage
{
    private const int WorstShown = 3;

    public static void Render(Page page, QuantizationReport report, bool showsTensors)
    {
        var verb = report.Written ? "Wrote" : "Would write";
        page.Headline(
            $"{verb} {report.Output}: {new ByteSize(report.BytesIn)} became {new ByteSize(report.BytesOut)} as {report.Format}, {report.Method}."
        );
        page.Table(
            ["Format", ">Tensors", ">Bytes", ">GiB", ">Signal to noise dB", ">Worst dB", ">Largest error"],
            report
                .Tensors.GroupBy(tensor => tensor.Format)
                .OrderByDescending(group => group.Sum(tensor => tensor.BytesOut))
                .Select(group => FormatRow(group.Key, [.. group]))
        );
        if (report.Evaluation is { } result)
        {
            page.Line();
            page.Facts(
                (
                    "Perplexity",
                    $"{Figures.Of(result.Perplexity)}, of the original {Figures.Of(result.OriginalPerplexity)}"
                ),
                (
                    "KL divergence",
                    $"{Figures.Of(result.KlDivergence)} nats per token; one in a hundred above {Significant.Three(result.KlDivergence99)}"
                ),
                ("Same first token", $"{Figures.Of(result.TopAgreement, 0.01)} %"),
                (
                    "Speed",
                    $"{Significant.Three(result.TokensPerSecond)} tokens/s, {new ByteSize(result.WeightBytes)} of weights"
                ),
                (
                    "Furthest layer",
                    result.Layers.MaxBy(layer => layer.RelativeError) is { } layer
                        ? $"{layer.Layer}: {Significant.Three(100 * layer.RelativeError)} % of its output"
                        : "-"
                )
            );
        }
        if (showsTensors)
            ShowTensors(page, report);
        page.List("Least exact", report.Tensors.Where(IsLossy).OrderBy(Decibels).Take(WorstShown).Select(Describe));
        page.List("Not numbers", report.Tensors.Where(HasSpecial).Select(DescribeSpecial));
        page.List("Notes", report.Notes);
    }

    private static IReadOnlyList<string> FormatRow(string format, IReadOnlyList<TensorReport> tensors)
    {
        var bytes = tensors.Sum(tensor => tensor.BytesOut);
        var lossy = tensors.Where(IsLossy).Select(Decibels).Order().ToList();
        return
        [
            format,
            Figures.Exact(tensors.Count),
            Figures.Exact(bytes),
            Figures.GiB(bytes),
            lossy.Count == 0 ? "-" : Text(lossy[lossy.Count / 2]),
            lossy.Count == 0 ? "-" : Text(lossy[0]),
            tensors.Max(tensor => tensor.MaximumAbsoluteError) is { } error and > 0
                ? error.ToString("G3", CultureInfo.InvariantCulture)
                : "-",
        ];
    }

    private static void ShowTensors(Page page, QuantizationReport report) =>
        page.Table(
            ["Tensor", "Format", ">Bytes", ">dB", ">Cosine", ">Largest error"],
            report.Tensors.Select(tensor =>
                (IReadOnlyList<string>)
                    [
                        tensor.Name,
                        tensor.Format,
                        Figures.Exact(tensor.BytesOut),
                        IsLossy(tensor) ? Text(Decibels(tensor)) : "-",
                        tensor.Cosine?.ToString("F6", CultureInfo.InvariantCulture) ?? "-",
                        tensor.MaximumAbsoluteError?.ToString("G3", CultureInfo.InvariantCulture) ?? "-",
                    ]
            )
        );

    private static bool IsLossy(TensorReport tensor) => tensor.SignalToNoiseDb is not null;

    private static double Decibels(TensorReport tensor) => tensor.SignalToNoiseDb!.Value.Value;

    private static string Describe(TensorReport tensor) =>
        $"{tensor.Name}: {Text(Decibels(tensor))} dB as {tensor.Format}";

    private static bool HasSpecial(TensorReport tensor) =>
        tensor.NotANumberCount + tensor.InfinityCount + tensor.OverflowCount > 0;

    private static string DescribeSpecial(TensorReport tensor) =>
        $"{tensor.Name}: {tensor.NotANumberCount} not a number, {tensor.InfinityCount} infinite, {tensor.OverflowCount} beyond the range of {tensor.Format}";

    private static string Text(double decibels) => decibels.ToString("F1", CultureInfo.InvariantCulture);
}
