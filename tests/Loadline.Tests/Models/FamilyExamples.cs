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

    public static long StoredElements(this Architecture architecture) =>
        Loadline.Models.StoredElements.Of(architecture).Total;
}
