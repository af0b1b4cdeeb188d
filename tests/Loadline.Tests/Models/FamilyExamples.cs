using System.Text.Json;
using Loadline.Models;

namespace Loadline.Tests.Models;

/// <summary>Describes a configuration written in a test.</summary>
internal static class FamilyExamples
{
    public static Architecture Describe(string config)
    {
        using var document = JsonDocument.Parse(config);
        return ModelFamilies.Describe(new ModelConfig("config.json", document.RootElement));
    }

    public static long CacheBytesPerToken(this Architecture architecture) =>
        architecture.Cache.PerToken(BlockFormats.Bf16).Bytes;

    public static long AllParameters(this Architecture architecture) =>
        Enum.GetValues<ModelPart>().Sum(architecture.Tensors.ParametersOf);

    /// <summary>
    /// Elements that a published safetensors listing counts: every stored tensor, tied copies and quantization scales
    /// included, two 4-bit codes of one byte as two.
    /// </summary>
    public static long StoredElements(this Architecture architecture)
    {
        var elements = 0L;
        foreach (var tensor in architecture.Tensors.Tensors)
        {
            elements += tensor.Count * tensor.Copies;
            if (architecture.StoredFormat?.FormatOf(tensor) is { ScaleBytes: > 0 } format)
            {
                // Bytes of a row without scales are known, so what is left is scales.
                var bytes = format.SizeOf(tensor.Shape).Bytes - tensor.Count * format.BlockBytes / format.BlockLength;
                elements += (bytes - format.TensorBytes) / format.ScaleBytes * tensor.Copies;
            }
        }
        return elements;
    }
}
