using Loadline.Catalog;

namespace Loadline.Prediction;

/// <summary>Time of a matrix or of the expert matrices of a layer, as a function of its rows.</summary>
/// <remarks>Seconds, FLOP/s and bytes/s.</remarks>
internal readonly record struct MatrixCost
{
    private double Startup { get; init; }
    private double SecondsPerRow { get; init; }
    private double ComputeRate { get; init; }
    private double MemoryRate { get; init; }
    private double Smoothness { get; init; }
    private double UnpackFlops { get; init; }

    /// <summary>A matrix of so many inputs on hardware of these peak rates.</summary>
    public static MatrixCost OfMatrix(
        MatrixConstants constants,
        double inputs,
        double peakRate,
        double memoryRate,
        double startupFactor = 1
    ) =>
        Of(constants, inputs, peakRate, memoryRate) with
        {
            Startup =
                constants.Startup.Seconds * startupFactor + constants.StartupPerThousandInputs.Seconds * inputs / 1000,
        };

    /// <summary>Expert matrices of so many inputs and outputs together, of which so many are on the device.</summary>
    public static MatrixCost OfExperts(
        MatrixConstants constants,
        double features,
        double experts,
        double peakRate,
        double memoryRate,
        double startupFactor = 1
    ) =>
        Of(constants, features, peakRate, memoryRate) with
        {
            Startup =
                constants.Startup.Seconds * startupFactor + constants.StartupPerHundredExperts.Seconds * experts / 100,
        };

    private static MatrixCost Of(MatrixConstants constants, double features, double peakRate, double memoryRate) =>
        new()
        {
            SecondsPerRow = constants.ActivationBytes * features / memoryRate,
            ComputeRate = peakRate * constants.ComputeFraction,
            MemoryRate = memoryRate * constants.MemoryFraction,
            Smoothness = constants.Smoothness,
            UnpackFlops = constants.UnpackFlops,
        };

    public double Seconds(double rows, double flops, double bytes, out Bound bound)
    {
        bound = Bound.Latency;
        if (rows <= 0)
            return 0;
        // A row takes two operations with every weight.
        var compute = flops * (1 + UnpackFlops / (2 * rows)) / ComputeRate;
        var memory = bytes / MemoryRate;
        var activations = rows * SecondsPerRow;
        if (Math.Max(compute, memory + activations) >= Startup)
            bound = compute >= memory + activations ? Bound.Compute : Bound.Memory;
        return Startup + activations + Roofline.SmoothMaximum(compute, memory, Smoothness);
    }
}
