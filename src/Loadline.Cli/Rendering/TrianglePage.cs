using System.Globalization;
using Loadline.Quantities;
using Loadline.Quantization.Evaluation;

namespace Loadline.Cli.Rendering;

/// <summary>What formats cost, measured.</summary>
internal static class TrianglePage
{
    public static void Render(Page page, TriangleReport report)
    {
        var measured = report.Formats.Where(format => format.Evaluation is not null).ToList();
        page.Headline(Headline(report, measured));
        page.Line();
        if (measured.Count > 0)
        {
            page.Table(
                ["Format", ">MiB", ">Bits", ">Perplexity", ">KL, 1e-3 nats", ">Same top, %", ">Tokens/s"],
                measured.Select(Row)
            );
            page.Line(Figures.Legend);
        }
        page.List(
            "Methods",
            measured
                .GroupBy(format => format.Method)
                .Select(group => $"{group.Key}: {string.Join(", ", group.Select(format => format.Format))}")
        );
        page.List(
            "Published, brought to this size",
            measured
                .Where(format => !format.Published.IsEmpty)
                .Select(format =>
                    $"{format.Format}: {string.Join("; ", format.Published.Select(loss => $"{loss.Method} {Thousandths(loss.KlDivergence)}"))} thousandths of a nat, measured {Significant.Three(1000 * format.Evaluation!.KlDivergence.Value)}"
                )
        );
        page.List(
            "Not possible",
            report.Formats.Where(format => format.Why is not null).Select(format => $"{format.Format}: {format.Why}")
        );
        page.List("Notes", report.Notes);
    }

    public static void Render(Page page, MantissaReport report)
    {
        page.Headline(Headline(report));
        page.Line();
        page.Table(
            [">Bits cleared", ">Bits left", ">Perplexity", ">KL divergence, nats", ">Same first token, %"],
            report.Steps.Select(step =>
                (IReadOnlyList<string>)
                    [
                        Figures.Exact(step.ClearedBits),
                        Figures.Exact(TruncatedStore.MantissaBits - step.ClearedBits),
                        Figures.Of(step.Evaluation.Perplexity),
                        Scientific(step.Evaluation.KlDivergence.Value),
                        Percent(step.Evaluation.TopAgreement),
                    ]
            )
        );
        page.List("Notes", report.Notes);
    }

    private static string Headline(TriangleReport report, List<MeasuredFormat> measured)
    {
        if (measured.Count == 0)
            return $"None of the formats can be made of {report.Model}.";
        var original = measured[0].Evaluation!.OriginalPerplexity;
        var closest = measured.MinBy(format => format.Evaluation!.KlDivergence.Value)!;
        var smallest = measured.MinBy(format => format.BytesOut)!;
        return $"As given, {report.Model} has a perplexity of {Figures.Of(original)}; {closest.Format} stays closest to it, {smallest.Format} is smallest with {Significant.Three(100.0 * smallest.BytesOut!.Value / report.BytesIn)} % of the bytes.";
    }

    private static string Headline(MantissaReport report)
    {
        const double Noticeable = 0.01;
        var harmless = report.Steps.TakeWhile(step => step.Evaluation.KlDivergence.Value < Noticeable).ToList();
        var kept = TruncatedStore.MantissaBits - harmless.Count;
        return $"The last {harmless.Count} of the 23 bits of every weight can be cleared before the divergence passes 0.01 nats: {kept} bits hold what the model knows ({report.StoredMantissaBits} were stored).";
    }

    private static IReadOnlyList<string> Row(MeasuredFormat format)
    {
        var result = format.Evaluation!;
        return
        [
            format.Format,
            Significant.Three(format.BytesOut!.Value / (double)(1L << 20)),
            Significant.Three(format.BitsPerWeight!.Value),
            Figures.Of(result.Perplexity),
            Thousandths(result.KlDivergence),
            Percent(result.TopAgreement),
            Significant.Three(result.TokensPerSecond),
        ];
    }

    private static string Thousandths(Estimate divergence) => Figures.Of(divergence, 1e-3);

    private static string Percent(Estimate share) => Figures.Of(share, 0.01);

    private static string Scientific(double value) =>
        value == 0 ? "0" : value.ToString("0.0e0", CultureInfo.InvariantCulture);
}
