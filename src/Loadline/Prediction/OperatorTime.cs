using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>What an operator waits for.</summary>
public enum Bound
{
    Compute,
    Memory,

    /// <summary>Kernel start-up: too little work to fill the device.</summary>
    Latency,
    Communication,

    /// <summary>The engine's own work between steps.</summary>
    Overhead,
}

/// <summary>Time and work of one operator over all its layers in one step.</summary>
public readonly record struct OperatorTime(
    string Name,
    int Count,
    Duration Time,
    Bound Bound,
    Flops Work,
    double Bytes
);
