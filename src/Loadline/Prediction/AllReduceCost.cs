using Loadline.Catalog;

namespace Loadline.Prediction;

/// <summary>Time of an all-reduce: the faster of one shot and a ring.</summary>
/// <remarks>Seconds and bytes/s.</remarks>
internal readonly record struct AllReduceCost(
    double Latency,
    double Bandwidth,
    double RingLatency = double.PositiveInfinity,
    double RingBandwidth = 1
)
{
    public static AllReduceCost Of(AllReduceConstants constants) =>
        new(
            constants.Latency.Seconds,
            constants.Bandwidth.BytesPerSecond,
            constants.RingLatency?.Seconds ?? double.PositiveInfinity,
            constants.RingBandwidth?.BytesPerSecond ?? 1
        );

    /// <summary>The same with so many seconds, and so many for each byte, spent on the way beyond the node.</summary>
    public AllReduceCost And(double seconds, double secondsPerByte) =>
        new(
            Latency + seconds,
            1 / (1 / Bandwidth + secondsPerByte),
            RingLatency + seconds,
            1 / (1 / RingBandwidth + secondsPerByte)
        );

    /// <param name="bytes">Of one message.</param>
    public double Seconds(double bytes) => Math.Min(Latency + bytes / Bandwidth, RingLatency + bytes / RingBandwidth);
}
