using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Cli.Rendering;

internal static class MemoryPage
{
    private const double GiB = 1L << 30;

    public static void Render(Page page, MemoryAnswer answer)
    {
        var what = $"{answer.Model} in {answer.WeightFormat} on {answer.Hardware}";
        var spare = answer.PerDevice.Min(device => device.FreeBytes.Low);
        page.Headline(
            answer.Fits
                ? $"Yes: {what} fits, with {Significant.Three(spare / GiB)} GiB to spare on the fullest device."
                : $"No: {what} does not fit: {answer.Reason}."
        );
        if (answer.ShortfallBytes is { } missing)
            page.Line($"{new ByteSize(missing)} are missing per device at the upper end of the estimates.");
        Devices(page, answer);
        page.Line();
        page.Facts(
            ("Cache holds", $"{Figures.Of(answer.CacheTokens)} tokens in {answer.KvFormat}"),
            ("Concurrency", $"up to {Figures.Of(answer.MaximumConcurrency)} sequences"),
            ("Context", $"up to {Figures.Of(answer.MaximumContext)} tokens for {answer.Concurrency:N0} at a time")
        );
        if (answer.HostWeightsBytes is { } host)
            page.Line(
                answer.HostCacheBytes is { } cache
                    ? $"On the host: {new ByteSize(host)} of weights, {new ByteSize(cache)} of cache."
                    : $"On the host: {new ByteSize(host)} of weights, the input embedding."
            );
        page.List(
            "Nearest that fits",
            answer.Nearest.Select(fit =>
                $"{fit.Change}: {fit.WeightFormat} on {fit.Hardware}, {Split(fit)}cache {fit.KvFormat}"
            )
        );
        if (answer.WidestFormat is { } format)
            page.List("Widest format that fits", [format]);
        if (answer.Curve is { } curve)
            page.Table(
                [">Context", ">Sequences at a time"],
                curve.Select(point =>
                    (IReadOnlyList<string>)[Figures.Exact(point.Context), Figures.Of(point.MaximumConcurrency)]
                )
            );
        if (answer.SmallestHardware is { } hardware)
            page.Table(
                ["Smallest hardware", ">GiB in all", ">Free GiB per device", "Engine"],
                hardware.Select(option =>
                    (IReadOnlyList<string>)
                        [
                            option.Hardware,
                            Figures.GiB(option.TotalMemoryBytes),
                            Figures.Of(option.FreeBytes, GiB),
                            option.Engine,
                        ]
                )
            );
        if (answer.Engines is { } engines)
            Engines(page, engines);
        page.List("Assumptions", answer.Assumptions);
        page.Line();
        page.Line(Figures.Legend);
    }

    private static string Split(NearestFit fit) =>
        fit.TensorParallel > 1 ? $"tensor parallel {fit.TensorParallel}, "
        : fit.PipelineParallel > 1 ? $"pipeline parallel {fit.PipelineParallel}, "
        : "";

    /// <summary>One column per kind of device; devices that hold the same share one.</summary>
    private static void Devices(Page page, MemoryAnswer answer)
    {
        var kinds = answer.PerDevice.GroupBy(device => device with { Device = "" }).ToList();
        var headings = new List<string> { "GiB per device" };
        headings.AddRange(
            kinds.Select(kind => kind.Count() == 1 ? $">{kind.First().Device}" : $">{kind.Count()} devices")
        );
        page.Table(
            headings,
            [
                Row("weights", device => Figures.GiB(device.WeightsBytes)),
                Row("cache for what was asked", device => Figures.GiB(device.CacheBytes)),
                .. kinds.Exists(kind => kind.Key.CompanionBytes > 0)
                    ? [Row("adapters and other models", device => Figures.GiB(device.CompanionBytes))]
                    : Array.Empty<IReadOnlyList<string>>(),
                Row("activations", device => Figures.Of(device.ActivationBytes, GiB)),
                Row("overhead", device => Figures.Of(device.OverheadBytes, GiB)),
                Row("free for the engine", device => Figures.Of(device.FreeBytes, GiB)),
                Row("memory of the device", device => Figures.GiB(device.CapacityBytes)),
            ]
        );

        IReadOnlyList<string> Row(string name, Func<DeviceSummary, string> figure) =>
            [name, .. kinds.Select(kind => figure(kind.Key))];
    }

    private static void Engines(Page page, IReadOnlyList<EngineLine> engines)
    {
        page.Table(
            ["Engine", "Fits", ">Cache GiB", ">Activations GiB", ">Overhead GiB", ">Cache tokens"],
            engines.Select(line =>
                (IReadOnlyList<string>)
                    [
                        line.Engine,
                        line.Fits ? "yes" : "no",
                        line.CacheBytes is { } cache ? Figures.GiB(cache) : "-",
                        line.ActivationBytes is { } activations ? Figures.Of(activations, GiB) : "-",
                        line.OverheadBytes is { } overhead ? Figures.Of(overhead, GiB) : "-",
                        line.CacheTokens is { } tokens ? Figures.Of(tokens) : "-",
                    ]
            )
        );
        page.List(
            "Why not",
            engines.Where(line => line.Reason is not null).Select(line => $"{line.Engine}: {line.Reason}")
        );
    }
}
