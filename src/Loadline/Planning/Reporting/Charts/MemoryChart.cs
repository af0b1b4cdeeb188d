using System.Collections.Immutable;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What fills the memory of each device, as one bar against its capacity.</summary>
internal static class MemoryChart
{
    private const double BarHeight = 34;
    private const double LabelRoom = 26;
    private const double RowGap = 30;
    private const int MostBars = 8;

    /// <summary>Less of the capacity than this is rounding.</summary>
    private const double SmallestShare = 0.002;

    private sealed record Part(string Name, double Bytes, string Look);

    private sealed record Bar(string Name, DeviceSummary Device, ImmutableArray<Part> Parts);

    public static Chart? Of(Candidate candidate)
    {
        var bars = BarsOf(candidate.PerDevice.OrNone());
        if (bars.IsEmpty)
            return null;
        return new Chart
        {
            Id = "memory-chart",
            Title = Finding(bars[0].Device),
            Description =
                "One bar for each device, as long as its memory, divided into what the model and its requests take and what stays free.",
            Note =
                "The thin line spans where the used part may end: use of the engine and of intermediate results is estimated, weights and cache are counted. Kept back is what the engine may not use.",
            Draw = width => Draw(bars, width),
            Values = Values(bars),
        };
    }

    public static string Finding(DeviceSummary device)
    {
        var free = Figures.Written(device.FreeBytes, 1L << 30, " GiB");
        var range = free.Range.Length == 0 ? "" : $" ({free.Range})";
        return device.FreeBytes.Low < 0
            ? $"Memory may run short: {free.Value}{range} of each device would stay free"
            : $"{free.Value}{range} of each device's memory stays free at peak load";
    }

    private static ImmutableArray<Bar> BarsOf(ImmutableArray<DeviceSummary> devices) =>
        [
            .. devices
                .Where(device => device.CapacityBytes > 0)
                .GroupBy(device => device with { Device = "" })
                .Take(MostBars)
                .Select(alike =>
                {
                    var device = alike.First();
                    var name = Wording.Name(device.Device.Split('#')[0]);
                    var count = alike.Count();
                    return new Bar(count == 1 ? name : $"{name}, each of {count} alike", device, PartsOf(device));
                }),
        ];

    private static ImmutableArray<Part> PartsOf(DeviceSummary device)
    {
        Part[] parts =
        [
            new("weights", device.WeightsBytes, "p1"),
            new("other models", device.CompanionBytes, "p5"),
            new("cache", device.CacheBytes, "p2"),
            new("activations", device.ActivationBytes.Value, "p3"),
            new("engine", device.OverheadBytes.Value, "p4"),
            new("free", device.FreeBytes.Value, "free"),
        ];
        var known = parts.Where(part => double.IsFinite(part.Bytes) && part.Bytes > 0).ToList();
        // Engines are told to use a share of the memory; the rest is neither taken nor free.
        var kept = device.CapacityBytes - known.Sum(part => part.Bytes);
        if (kept > SmallestShare * device.CapacityBytes)
            known.Add(new Part("kept back", kept, "p7"));
        return [.. known];
    }

    private static Canvas Draw(ImmutableArray<Bar> bars, double width)
    {
        var isNarrow = width < 500;
        var labels = isNarrow ? bars.Max(bar => bar.Parts.Length) * 20 : 46;
        var height = LabelRoom + BarHeight + labels + RowGap;
        var canvas = new Canvas(width, bars.Length * height - RowGap + 4);
        var top = 0.0;
        foreach (var bar in bars)
        {
            var taken = bar.Parts.Sum(part => part.Bytes);
            var scale = Scale.FromZero(1, 1, width - 1, 3);
            var whole = Math.Max(taken, bar.Device.CapacityBytes);
            var capacity = $"{Figures.GiB(bar.Device.CapacityBytes)} GiB";
            var room = width - TextWidth.Of(capacity, Canvas.LabelSize) - 12;
            canvas.Text(0, top + 14, TextWidth.Shortened(bar.Name, room, Canvas.LabelSize), "l b");
            canvas.Text(width, top + 14, capacity, "l e");
            var y = top + LabelRoom;
            var ends = DrawParts(canvas, bar, y, value => scale.At(value / whole));
            if (isNarrow)
                ListBelow(canvas, bar, y + BarHeight + 20);
            else
                LabelBelow(canvas, bar, ends, y + BarHeight);
            top += height;
        }
        return canvas;
    }

    /// <returns>Middle of each part.</returns>
    private static List<double> DrawParts(Canvas canvas, Bar bar, double y, Func<double, double> at)
    {
        var middles = new List<double>();
        var from = 0.0;
        foreach (var part in bar.Parts)
        {
            var (left, right) = (at(from), at(from + part.Bytes));
            canvas.Rectangle(left, y, Math.Max(0.5, right - left - 1.5), BarHeight, $"part {part.Look}");
            middles.Add((left + right) / 2);
            from += part.Bytes;
        }
        var free = bar.Device.FreeBytes;
        if (free.High > free.Low)
        {
            // More free is less used: the interval of the one is that of the other, turned round.
            var used = bar.Parts.TakeWhile(part => part.Look is not ("free" or "p7")).Sum(part => part.Bytes);
            var (first, last) = (at(used + free.Value - free.High), at(used + free.Value - free.Low));
            var middle = y + BarHeight / 2;
            canvas.Line(first, middle, last, middle, "interval");
            canvas.Line(first, middle - 5, first, middle + 5, "interval");
            canvas.Line(last, middle - 5, last, middle + 5, "interval");
        }
        return middles;
    }

    private static void LabelBelow(Canvas canvas, Bar bar, List<double> middles, double y)
    {
        var half = bar.Parts.Max(part => TextWidth.Of(Written(part), Canvas.LabelSize)) / 2 + 4;
        half = Math.Max(half, bar.Parts.Max(part => TextWidth.Of(part.Name, Canvas.LabelSize)) / 2 + 4);
        var places = LabelPlacement.Apart(middles, 2 * half, half, canvas.Width - half);
        for (var i = 0; i < middles.Count; i++)
        {
            canvas.Line(middles[i], y + 1, places[i], y + 14, "leader");
            canvas.Text(places[i], y + 28, bar.Parts[i].Name, "l m");
            canvas.Text(places[i], y + 44, Written(bar.Parts[i]), "t m");
        }
    }

    private static void ListBelow(Canvas canvas, Bar bar, double y)
    {
        foreach (var part in bar.Parts)
        {
            canvas.Rectangle(1, y - 10, 11, 11, $"part {part.Look}");
            canvas.Text(20, y, part.Name);
            canvas.Text(canvas.Width, y, Written(part), "l e");
            y += 20;
        }
    }

    private static string Written(Part part) => $"{Significant.Three(part.Bytes / (1L << 30))} GiB";

    private static Block.Table Values(ImmutableArray<Bar> bars) =>
        new(
            "Memory per device, in GiB",
            ["Device", ">Weights", ">Other models", ">Cache", ">Activations", ">Engine", ">Free", ">Capacity"],
            [
                .. bars.Select(bar =>
                    (ImmutableArray<Cell>)
                        [
                            bar.Name,
                            Figures.GiB(bar.Device.WeightsBytes),
                            Figures.GiB(bar.Device.CompanionBytes),
                            Figures.GiB(bar.Device.CacheBytes),
                            Cell.Of(bar.Device.ActivationBytes, 1L << 30),
                            Cell.Of(bar.Device.OverheadBytes, 1L << 30),
                            Cell.Of(bar.Device.FreeBytes, 1L << 30),
                            Figures.GiB(bar.Device.CapacityBytes),
                        ]
                ),
            ]
        );
}
