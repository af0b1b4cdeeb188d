using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests.Quantizing;

public sealed class CompressionSchemeTests
{
    /// <summary>Engines look for zero points where a configuration says that there are some.</summary>
    [Fact]
    public void A_configuration_says_symmetric_where_no_zero_points_are_written()
    {
        var schemes = CompressionScheme.All.Where(scheme => scheme.Family == SchemeFamily.CompressedTensors).ToList();

        schemes.Count.ShouldBeGreaterThan(5);
        foreach (var scheme in schemes)
        {
            var parts = MatrixCodecs.Find(scheme.Codec)!.PartsOf(256, 256);
            var isSymmetric = scheme.ToGroup(["Linear"])["weights"]!["symmetric"]!.GetValue<bool>();

            isSymmetric.ShouldBe(parts.All(part => part.Suffix != "weight_zero_point"), scheme.Codec);
        }
    }
}
