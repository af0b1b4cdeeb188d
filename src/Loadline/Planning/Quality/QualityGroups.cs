namespace Loadline.Planning;

/// <summary>The kinds of formats that one chooses between.</summary>
internal static class QualityGroups
{
    public const string EightBit = "8-bit formats";
    public const string FourBit = "4-bit serving formats";
    public const string Gguf = "GGUF";
    public const string Cache = "cache";

    /// <summary>Null for what nobody serves.</summary>
    public static string? Of(QualityRun run) =>
        run.FormatFamily switch
        {
            "fp8" or "int8-w8a8" or "w8a16" => EightBit,
            "w4a16" or "nvfp4" or "mxfp4" => FourBit,
            _ when run.FormatFamily.StartsWith("gguf", StringComparison.Ordinal) => Gguf,
            _ when run.FormatFamily.StartsWith("kv-", StringComparison.Ordinal) => Cache,
            _ => null,
        };
}
