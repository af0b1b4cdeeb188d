namespace Loadline.Prediction;

/// <summary>Names that measurement files have for accelerators beside our aliases.</summary>
internal static class AcceleratorNames
{
    public static string Resolve(string name) =>
        name switch
        {
            "a100_sxm" => "nvidia-a100-sxm-80gb",
            "h100_sxm" or "h100_80gb" or "h100-sxm-80gb" => "nvidia-h100-sxm-80gb",
            "h200_sxm" => "nvidia-h200-sxm-141gb",
            "b200_sxm" => "nvidia-b200-sxm-180gb",
            "b300_sxm" => "nvidia-b300-sxm",
            "gb200" => "nvidia-gb200-186gb",
            "gb300" => "nvidia-gb300",
            "l40s" => "nvidia-l40s-48gb",
            _ => name,
        };
}
