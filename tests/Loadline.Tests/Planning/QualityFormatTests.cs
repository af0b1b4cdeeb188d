using System.Globalization;
using System.Text.RegularExpressions;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Planning;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed partial class QualityFormatTests
{
    private static readonly CatalogReader Catalog = new();
    private static readonly QualityConstants Constants = Catalog.Quality.All[0];

    private static readonly Architecture Llama = Catalog.Models.Find("meta-llama/Meta-Llama-3-8B").Describe();

    [Fact]
    public void Bits_of_a_mix_are_those_of_the_linear_layers_that_llama_cpp_writes()
    {
        // What llama.cpp gives each tensor is tested against real files elsewhere; here the bits are counted from it.
        var linear = Llama.Tensors.Tensors.Where(tensor => tensor.IsQuantizable).ToList();
        var parameters = linear.Sum(tensor => tensor.Parameters);
        // MXFP4_MOE rounds experts alone, of which this model has none.
        foreach (var name in GgufMix.Names.Where(Constants.Weights.ContainsKey).Where(name => name != "MXFP4_MOE"))
        {
            var mix = GgufMix.Find(name, Llama)!;
            var bits = linear.Sum(tensor => mix.SizeOf(tensor).Bytes) * 8.0 / parameters;

            Constants.Weights[name].Bits.ShouldBe(bits, 0.01, name);
        }
    }

    [Fact]
    public void Every_format_that_can_be_deployed_has_a_loss()
    {
        var predictor = new QualityPredictor(Catalog);
        string[] names =
        [
            .. WeightFormats.ByName.Keys,
            .. GgufMix.Names,
            "UD-Q4_K_XL",
            "UD-IQ2_XXS",
            "int4-g32",
            "exl2-4.65",
            "mlx-q4",
            "bfp8",
        ];
        foreach (var name in names)
            predictor.Of(name, false, "fp8", 8_000_000_000, 8_000_000_000).TaskLoss.Value.ShouldBeGreaterThan(0, name);
    }

    [Fact]
    public void Every_format_rounds_in_a_way_that_is_there()
    {
        foreach (var (name, format) in Constants.Weights.Concat(Constants.Caches))
            Constants.Families.ShouldContainKey(format.Family, name);
    }

    [Theory]
    [InlineData("fp4")]
    [InlineData("Q4_K_Z")]
    public void An_unknown_format_is_refused(string name) =>
        Should
            .Throw<UnknownNameException>(() => new QualityPredictor(Catalog).Of(name, false, null, 1000, 1000))
            .Message.ShouldContain(name);

    [Fact]
    public void The_page_on_quality_shows_the_constants_of_the_catalog()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "quality.md"));
        var shown = page.Split('\n').Where(line => line.StartsWith('|')).ToList();
        foreach (var (name, family) in Constants.Families)
        {
            var figures = string.Create(
                CultureInfo.InvariantCulture,
                $"{family.DivergenceAtFourBits} | {family.Runs} | {family.Models} |"
            );
            // fp8 is shown at its own bits as well, in brackets.
            shown.ShouldContain(
                line => Brackets().Replace(line, "").Contains(figures, StringComparison.Ordinal),
                $"{name}: {figures}"
            );
        }
        double[] others =
        [
            Constants.SizeExponent,
            Constants.ActivationDivergence,
            Constants.ImportanceFactor,
            Constants.TaskLossPerNat,
        ];
        foreach (var constant in others)
            page.ShouldContain(constant.ToString(CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@" \(0[^)]*\)")]
    private static partial Regex Brackets();
}
