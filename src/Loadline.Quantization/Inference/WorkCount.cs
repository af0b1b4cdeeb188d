namespace Loadline.Quantization.Inference;

/// <summary>What forward passes computed and read, counted as they did.</summary>
/// <remarks>A multiply-add is two operations. What attention computes behind a mask is not counted.</remarks>
public sealed class WorkCount
{
    /// <summary>Operations of all matrices but experts and head.</summary>
    public long MatrixFlops { get; internal set; }

    public long ExpertFlops { get; internal set; }

    public long HeadFlops { get; internal set; }

    /// <summary>Operations of queries with keys and of weights with values.</summary>
    public long AttentionFlops { get; internal set; }

    /// <summary>Bytes of the matrices that were multiplied, as stored, each once per pass.</summary>
    public long WeightBytes { get; internal set; }

    /// <summary>Bytes of keys and values that a layer had to read, each once per sequence, pass and layer.</summary>
    public long CacheBytes { get; internal set; }

    public long Flops => MatrixFlops + ExpertFlops + HeadFlops + AttentionFlops;
}
