using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Finds the load that a replica is good for with the confidence asked for.</summary>
internal static class ReplicaSizing
{
    /// <summary>Today's peak per replica and where it would fail; null when it does not meet the objectives at any.</summary>
    public static (double Rate, DesignPoint Design)? Of(
        ReplicaUnderLoad replica,
        LoadUncertainty load,
        double confidence
    )
    {
        var sure = Math.Max(1, replica.Error.SlowdownAt(confidence));
        var slow = replica.MaximumRate(sure);
        if (slow <= 0)
            return null;
        // How much the capacity gives way as steps get slower, between the middle and the end that is asked for.
        var middle = sure > 1 ? replica.MaximumRate(1) : slow;
        var distance = NormalDistribution.Quantile(confidence);
        var sigma = distance > 0 ? Math.Log(middle / slow) / distance : 0;
        var design = DesignPoint.Of(load, replica.Error, sigma, confidence);
        // Between the two the capacity is taken to fall evenly in logarithms, which the draws check afterwards.
        var share = sure > 1 ? Math.Log(design.Slowdown) / Math.Log(sure) : 0;
        var capacity = middle * Math.Pow(slow / middle, share);
        var rate = capacity / design.LoadFactor;
        // At the upper end of its interval it must keep up with the load of today.
        return (replica.KeptUp(rate, replica.Error.Factor), design);
    }
}
