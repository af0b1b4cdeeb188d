using Loadline.Catalog;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Catalog;

public sealed class AcceleratorTests
{
    private static readonly CatalogReader Catalog = new();

    [Fact]
    public void The_catalog_knows_at_least_120_accelerators() =>
        Catalog.Accelerators.All.Count.ShouldBeGreaterThanOrEqualTo(120);

    // NVIDIA A100 80GB SXM datasheet: 2,039 GB/s, 312 TFLOPS bf16, 19.5 TFLOPS fp32, 400 W; no fp8 or fp4 unit.
    // NVIDIA H100 SXM datasheet: 3.35 TB/s, 1,979 TFLOPS bf16 and 3,958 TFLOPS fp8 with sparsity, 67 TFLOPS fp32, 700 W.
    // NVIDIA L40S datasheet: 864 GB/s, 362.05 TFLOPS bf16, 733 TFLOPS fp8, 91.6 TFLOPS fp32, 350 W.
    [Theory]
    [InlineData("nvidia-a100-sxm-80gb", 80, 2.039, 312, 19.5, null, 400)]
    [InlineData("nvidia-h100-sxm-80gb", 80, 3.35, 1979 / 2.0, 67, 3958 / 2.0, 700)]
    [InlineData("nvidia-l40s-48gb", 48, 0.864, 362.05, 91.6, 733.0, 350)]
    public void An_accelerator_has_the_figures_of_its_datasheet(
        string id,
        int gib,
        double terabytesPerSecond,
        double bf16,
        double fp32,
        double? fp8,
        double watts
    )
    {
        var found = Catalog.Accelerators.Find(id);

        found.Memory.ShouldBe(ByteSize.FromGiB(gib));
        found.MemoryBandwidth!.Value.BytesPerSecond.ShouldBe(terabytesPerSecond * 1e12, 1e9);
        TeraPerSecond(found.Peak.Bf16).ShouldBe(bf16, 0.5);
        TeraPerSecond(found.Peak.Fp32).ShouldBe(fp32, 0.1);
        (found.Peak.Fp8 is null).ShouldBe(fp8 is null);
        if (fp8 is { } rate)
            TeraPerSecond(found.Peak.Fp8).ShouldBe(rate, 0.5);
        found.Peak.Fp4.ShouldBeNull();
        found.Power!.Value.Watts.ShouldBe(watts, 0.5);
    }

    // nvidia-smi shows 24564 MiB on every RTX 4090.
    [Fact]
    public void An_rtx_4090_has_less_usable_memory_than_it_is_sold_with()
    {
        var card = Catalog.Accelerators.Find("rtx-4090");

        card.Memory.ShouldBe(ByteSize.FromGiB(24));
        card.UsableMemory.ShouldBe(new ByteSize(24564L << 20));
    }

    [Fact]
    public void No_accelerator_has_more_usable_memory_than_it_is_sold_with()
    {
        foreach (var accelerator in Catalog.Accelerators.All)
            (accelerator.UsableMemory ?? accelerator.Memory).ShouldBeLessThanOrEqualTo(
                accelerator.Memory,
                accelerator.Id
            );
    }

    // int8 W8A8 must not be offered as fast on Blackwell Ultra: its int8 rate is a thirtieth of the B200's.
    [Fact]
    public void Blackwell_ultra_gave_up_its_int8_rate() =>
        TeraPerSecond(Catalog.Accelerators.Find("b300").Peak.Int8)
            .ShouldBeLessThan(TeraPerSecond(Catalog.Accelerators.Find("b200").Peak.Int8) / 20);

    [Fact]
    public void The_chip_an_accelerator_names_as_its_own_exists_and_has_constants()
    {
        foreach (var accelerator in Catalog.Accelerators.All.Where(accelerator => accelerator.SameChipAs is not null))
        {
            Catalog.Accelerators.Get(accelerator.SameChipAs!).ShouldNotBeNull(accelerator.Id);
            // Kernels where somebody measured them, whole runs where not.
            Catalog.Kernels.For(accelerator.Id, "vllm").Rung.ShouldBeOneOf(KernelRung.SameChip, KernelRung.EndToEnd);
        }
    }

    private static double TeraPerSecond(FlopRate? rate) => rate!.Value.PerSecond / 1e12;
}
