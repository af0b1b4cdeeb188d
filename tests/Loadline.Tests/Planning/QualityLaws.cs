using CsCheck;
using Loadline.Catalog;
using Loadline.Planning;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class QualityLaws
{
    private static readonly CatalogReader Catalog = new();
    private static readonly QualityPredictor Predictor = new(Catalog);

    private static readonly Gen<long> Sizes = Gen.Double[8, 12].Select(power => (long)Math.Pow(10, power));

    private static readonly Gen<string> Formats = OneOf([.. Catalog.Quality.All[0].Weights.Keys.Order()]);
    private static readonly Gen<string> Caches = OneOf([.. Catalog.Quality.All[0].Caches.Keys.Order()]);

    private static Gen<string> OneOf(IReadOnlyList<string> names) =>
        Gen.Int[0, names.Count - 1].Select(index => names[index]);

    [Theory]
    [InlineData(
        "IQ1_S",
        "IQ1_M",
        "IQ2_XXS",
        "IQ2_XS",
        "IQ2_S",
        "IQ2_M",
        "IQ3_XXS",
        "IQ3_XS",
        "IQ3_S",
        "IQ3_M",
        "IQ4_XS"
    )]
    [InlineData("Q2_K_S", "Q2_K", "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K", "BF16")]
    [InlineData("int2-g64", "int3-g64", "int4-g64", "int8-g64", "bf16")]
    [InlineData("mxfp4", "nvfp4", "fp8", "bf16")]
    public void More_bits_of_a_kind_lose_less(params string[] formats) =>
        Sizes.Sample(size =>
        {
            var losses = formats.Select(format => Predictor.Of(format, false, null, size, size)).ToList();
            return losses
                .Zip(losses.Skip(1))
                .All(pair =>
                    pair.First.KlDivergence.Value > pair.Second.KlDivergence.Value
                    && pair.First.PerplexityLoss.Value > pair.Second.PerplexityLoss.Value
                    && pair.First.TaskLoss.Value >= pair.Second.TaskLoss.Value
                );
        });

    [Fact]
    public void A_smaller_model_never_loses_less() =>
        Gen.Select(Sizes, Sizes, Formats)
            .Sample(
                (one, other, format) =>
                    Predictor.Of(format, false, null, Math.Min(one, other), Math.Min(one, other)).TaskLoss.Value
                    >= Predictor.Of(format, false, null, Math.Max(one, other), Math.Max(one, other)).TaskLoss.Value
            );

    [Fact]
    public void Weights_as_released_lose_nothing_whatever_their_format() =>
        Gen.Select(Sizes, Formats)
            .Sample(
                (size, format) =>
                    Predictor.Of(format, true, null, size, size) is var outlook
                    && outlook.TaskLoss is { Value: 0, Low: 0, High: 0 }
                    && outlook.PerplexityLoss is { Value: 0, High: 0 }
                    && outlook.KlDivergence is { Value: 0, High: 0 }
                    && outlook.Warnings.IsEmpty
            );

    [Fact]
    public void Rounding_the_cache_too_never_loses_less() =>
        Gen.Select(Sizes, Formats, Caches, Gen.Bool)
            .Sample(
                (size, format, cache, asReleased) =>
                    Predictor.Of(format, asReleased, cache, size, size).KlDivergence.Value
                    > Predictor.Of(format, asReleased, null, size, size).KlDivergence.Value
            );

    [Fact]
    public void A_loss_lies_in_its_interval_and_between_nothing_and_everything() =>
        Gen.Select(Sizes, Formats, Caches)
            .Sample(
                (size, format, cache) =>
                    Predictor.Of(format, false, cache, size, size) is var outlook
                    && outlook.TaskLoss is { Low: >= 0, High: <= 1 }
                    && outlook.TaskLoss.Low <= outlook.TaskLoss.Value
                    && outlook.TaskLoss.Value <= outlook.TaskLoss.High
                    && outlook.KlDivergence.Low <= outlook.KlDivergence.Value
                    && outlook.KlDivergence.Value <= outlook.KlDivergence.High
                    && outlook.PerplexityLoss.Value >= outlook.KlDivergence.Value
            );
}
