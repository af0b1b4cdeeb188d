using Loadline.Catalog;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Catalog;

public sealed class CatalogContentTests
{
    private static readonly CatalogReader Catalog = new();

    [Fact]
    public void Every_offer_rents_out_an_accelerator_of_the_catalog()
    {
        Catalog.Offers.All.Count.ShouldBe(490);
        foreach (var offer in Catalog.Offers.All)
        {
            Catalog.Accelerators.Get(offer.Accelerator).ShouldNotBeNull(offer.Id);
            offer.Count.ShouldBePositive(offer.Id);
            (offer.OnDemandPerHour ?? offer.SpotPerHour).ShouldNotBeNull(offer.Id);
        }
    }

    [Fact]
    public void An_offer_somewhere_in_the_world_is_under_no_known_law()
    {
        var everywhere = Catalog.Offers.All.Where(offer => offer.Region is "global" or null).ToList();

        everywhere.Count.ShouldBePositive();
        everywhere.ShouldAllBe(offer => offer.Jurisdiction == null);
    }

    [Theory]
    [InlineData("gcp/a3-highgpu-8g/europe-west4", "EU")]
    [InlineData("gcp/a3-highgpu-8g/us-central1", "US")]
    [InlineData("aws/p5.48xlarge/us-east-1", "US")]
    [InlineData("azure/Standard_NC40ads_H100_v5/swedencentral", "EU")]
    public void An_offer_is_under_the_law_of_its_region(string id, string jurisdiction) =>
        Catalog.Offers.Find(id).Jurisdiction.ShouldBe(jurisdiction);

    [Fact]
    public void Every_region_belongs_to_an_offer()
    {
        foreach (var region in Catalog.Regions.All)
            Catalog.Offers.All.ShouldContain(offer => offer.Provider == region.Provider && offer.Region == region.Name);
    }

    [Fact]
    public void Every_engine_has_rules_and_formats_in_order_of_version()
    {
        foreach (var engine in Catalog.Engines.All)
        {
            engine.Rules.Length.ShouldBePositive(engine.Id);
            foreach (var rules in engine.Rules)
                engine.RulesFor(rules.Since).ShouldBe(rules, engine.Id);
        }
    }

    [Fact]
    public void Kernel_constants_belong_to_an_accelerator_or_to_a_class()
    {
        var names = EngineAndKernelTests.KernelNames();
        foreach (var kernels in Catalog.Kernels.All)
        {
            if (kernels.Accelerator != KernelShelf.DatasheetOnly)
                Catalog.Accelerators.Get(kernels.Accelerator).ShouldNotBeNull(kernels.Id);
            if (kernels.Engine is { } engine)
                names.ShouldContain(engine, kernels.Id);
        }
    }

    [Fact]
    public void No_kernel_moves_bytes_or_multiplies_faster_than_the_hardware()
    {
        foreach (var kernels in Catalog.Kernels.All)
        {
            var matrices = kernels.Matrices.Concat(kernels.Experts).Select(pair => pair.Value);
            foreach (var matrix in matrices)
            {
                var isOfSlowerRate = kernels.Class == HardwareClass.Cpu && matrix.Arithmetic == Arithmetic.Fp32;
                matrix.ComputeFraction.ShouldBeInRange(0.01, isOfSlowerRate ? IntegersOverFloats() : 1, kernels.Id);
                matrix.MemoryFraction.ShouldBeInRange(0.01, 1, kernels.Id);
            }
            foreach (
                var attention in new[] { kernels.Attention, kernels.Fp8CacheAttention }.OfType<AttentionConstants>()
            )
            {
                attention.DecodeMemoryFraction.ShouldBeInRange(0.01, 1, kernels.Id);
                attention.PrefillFraction.ShouldBeInRange(0.01, 1, kernels.Id);
            }
        }
    }

    /// <summary>
    /// Kernels of processors that multiply integers are given as shares of the fp32 rate, since every processor has that one:
    /// they may exceed it by as much as the integer unit does, four times on the least of them.
    /// </summary>
    private static double IntegersOverFloats() =>
        Catalog
            .Accelerators.All.Where(accelerator =>
                accelerator is { Kind: AcceleratorKind.Cpu, Peak: { Int8: not null, Fp32: not null } }
            )
            .Min(processor => processor.Peak.Int8!.Value.PerSecond / processor.Peak.Fp32!.Value.PerSecond);

    [Fact]
    public void Every_engine_finds_kernel_constants_for_every_accelerator_and_format()
    {
        foreach (var engine in Catalog.Engines.All)
        {
            foreach (var accelerator in Catalog.Accelerators.All)
            {
                var match = Catalog.Kernels.For(accelerator, engine);
                foreach (var format in engine.WeightFormats)
                {
                    match.Matrices(format).Constants.ShouldNotBeNull();
                    match.Experts(format).Constants.ShouldNotBeNull();
                }
            }
        }
    }

    [Fact]
    public void The_catalog_has_a_date() => DateOnly.ParseExact(Catalog.Date, "yyyy-MM-dd").Year.ShouldBe(2026);
}
