namespace Loadline.Planning;

/// <summary>Names of ways of rounding, as the catalog has them, for what is told by more than the name of a format.</summary>
internal static class QualityFamilies
{
    /// <summary>Integers in groups of up to 128, rounded by GPTQ, AWQ or another method that looks at data.</summary>
    public const string Group = "int-group";

    /// <summary>The same, rounded to the nearest.</summary>
    public const string GroupNearest = "int-group-nearest";

    /// <summary>One scale per output channel, rounded to the nearest or with smoothed activations.</summary>
    public const string Channel = "int-channel";

    /// <summary>One scale per output channel, rounded by a method that looks at data.</summary>
    public const string ChannelTuned = "int-channel-tuned";

    /// <summary>One scale per output channel after a rotation that spreads outliers (QuaRot, SpinQuant).</summary>
    public const string Rotated = "rotated";

    /// <summary>Learned codebooks (AQLM).</summary>
    public const string Codebook = "codebook";

    /// <summary>GGUF types that are always made with an importance matrix.</summary>
    public const string Importance = "gguf-iq";

    /// <summary>Cached elements with a scale per head and token.</summary>
    public const string Cache = "cache";

    /// <summary>Cached keys with a scale per channel, the newest tokens not rounded (KIVI).</summary>
    public const string CacheChannels = "cache-channels";

    /// <summary>MXFP4 weights and activations.</summary>
    public const string Mxfp4 = "mxfp4" + WithActivations;

    /// <summary>End of families that round weights and activations alike.</summary>
    public const string WithActivations = "-activations";
}
