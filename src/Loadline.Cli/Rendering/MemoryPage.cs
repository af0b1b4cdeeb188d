using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Cli.Rendering;

internal static class MemoryPage
{
    private const double GiB = 1L << 30;

    public static void Render(Page page, MemoryAnswer answer)
    {
        var what = $"{answer.Model} in {answer.WeightFormat} on {answer.Hardware}";
        page.Headline(
            answer.Fits
                ? $"Yes: {what} fits, with {Significant.Three(answer.PerDevice[0].FreeBytes.Low / GiB)} GiB to spare per device."
                : $"No: {what} does not fit: {answer.Reason}."
        );
        if (answer.ShortfallBytes is { } missing)
            page.Line($"{new ByteSize(missing)} are missing per device at the upper end of the estimates.");
        page.Table(
            ["Device", ">Weights GiB", ">Cache GiB", ">Activations GiB", ">Overhead GiB", ">Free GiB", ">Of GiB"],
            answer.PerDevice.Select(device =>
                (IReadOnlyList<string>)
                    [
                        device.Device,
                        Figures.GiB(device.WeightsBytes),
                        Figures.GiB(device.CacheBytes),
                        Figures.Of(device.ActivationBytes, GiB),
                        Figures.Of(device.OverheadBytes, GiB),
                        Figures.Of(device.FreeBytes, GiB),
                        Figures.GiB(device.CapacityBytes),
                    ]
            )
        );
        page.Line();
        page.Facts(
            ("Cache holds", $"{Figures.Of(answer.CacheTokens)} tokens in {answer.KvFormat}"),
            ("Concurrency", $"up to {Figures.Of(answer.MaximumConcurrency)} sequences"),
            ("Context", $"up to {Figures.Of(answer.MaximumContext)} tokens for {answer.Concurrency:N0} at a time")
        );
        page.List(
            "Nearest that fits",
            answer.Nearest.Select(fit =>
                $"{fit.Change}: {fit.WeightFormat} on {fit.Hardware}, tensor parallel {fit.TensorParallel}, cache {fit.KvFormat}"
            )
        );
        page.List("Assumptions", answer.Assumptions);
        page.Line();
        page.Line(Figures.Legend);
    }
}
