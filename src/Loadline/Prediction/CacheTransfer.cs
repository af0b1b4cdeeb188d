namespace Loadline.Prediction;

/// <summary>The way of a prompt's keys and values from the devices that computed them to those that decode.</summary>
public static class CacheTransfer
{
    /// <summary>
    /// Seconds for the cache and state of one prompt. Each device of the smaller side uses its own network adapter, at
    /// full rate: engines send the layers while later ones are computed, so little of it is left to wait for.
    /// </summary>
    public static double SecondsOf(Deployment prefill, Deployment decode, double promptTokens)
    {
        var bytes = new ServingMemory(prefill).CacheOf((long)promptTokens).Bytes * (double)prefill.Parallelism.Tensor;
        var ranks = Math.Min(prefill.Parallelism.Tensor, decode.Parallelism.Tensor);
        return bytes / (ranks * KernelLookup.NetworkPerDevice.BytesPerSecond);
    }
}
