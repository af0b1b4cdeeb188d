using CsCheck;
using Loadline.Catalog;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Catalog;

public sealed class NameTests
{
    private static readonly CatalogReader Catalog = new();

    [Theory]
    [InlineData("nvidia-h100-sxm-80gb", "nvidia-h100-sxm-80gb")]
    [InlineData("NVIDIA-H100-SXM-80GB", "nvidia-h100-sxm-80gb")]
    [InlineData("h100", "nvidia-h100-sxm-80gb")]
    [InlineData("h100-sxm", "nvidia-h100-sxm-80gb")]
    [InlineData("4090", "nvidia-rtx-4090-24gb")]
    [InlineData("rtx-4090", "nvidia-rtx-4090-24gb")]
    [InlineData("a100-80gb", "nvidia-a100-sxm-80gb")]
    [InlineData("mi300x", "amd-mi300x-192gb")]
    [InlineData("l40s", "nvidia-l40s-48gb")]
    [InlineData("m4-max", "apple-m4-max")]
    [InlineData("dgx-spark", "nvidia-gb10-dgx-spark")]
    [InlineData("strix", "amd-ryzen-ai-max-395")]
    public void An_accelerator_goes_by_id_alias_and_unique_beginning(string name, string id) =>
        Catalog.Accelerators.Find(name).Id.ShouldBe(id);

    [Fact]
    public void An_ambiguous_beginning_lists_what_it_fits()
    {
        var error = Should.Throw<UnknownNameException>(() => Catalog.Accelerators.Find("a100"));

        error.Message.ShouldContain("fits several");
        error.Candidates.ShouldContain("nvidia-a100-sxm-40gb");
        error.Candidates.ShouldContain("nvidia-a100-sxm-80gb");
    }

    [Fact]
    public void An_unknown_name_suggests_the_nearest()
    {
        var error = Should.Throw<UnknownNameException>(() => Catalog.Accelerators.Find("nvidia-rtx-4909"));

        error.Message.ShouldContain("not known");
        error.Candidates.ShouldContain("nvidia-rtx-4090-24gb");
        error.Candidates.Count.ShouldBeLessThanOrEqualTo(5);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void Nothing_is_no_name(string name) =>
        Should.Throw<UnknownNameException>(() => Catalog.Accelerators.Find(name));

    [Theory]
    [InlineData("2x:nvidia-h100-sxm-80gb", 2, "nvidia-h100-sxm-80gb")]
    [InlineData("2xnvidia-h100-sxm-80gb", 2, "nvidia-h100-sxm-80gb")]
    [InlineData("2x nvidia-h100-sxm-80gb", 2, "nvidia-h100-sxm-80gb")]
    [InlineData("2X:h100", 2, "nvidia-h100-sxm-80gb")]
    [InlineData("2xh100-sxm", 2, "nvidia-h100-sxm-80gb")]
    [InlineData("2x4090", 2, "nvidia-rtx-4090-24gb")]
    [InlineData("8xrtx-4090", 8, "nvidia-rtx-4090-24gb")]
    [InlineData("nvidia-h100-sxm-80gb", 1, "nvidia-h100-sxm-80gb")]
    [InlineData("4090", 1, "nvidia-rtx-4090-24gb")]
    [InlineData("7900xtx", 1, "amd-rx-7900xtx-24gb")]
    [InlineData("2x7900xtx", 2, "amd-rx-7900xtx-24gb")]
    [InlineData("100000x:l40s", 100_000, "nvidia-l40s-48gb")]
    public void Hardware_is_one_word(string word, int count, string id)
    {
        var hardware = HardwareSpec.Parse(word, Catalog);

        hardware.Count.ShouldBe(count);
        hardware.Accelerator.Id.ShouldBe(id);
    }

    [Theory]
    [InlineData("0x:h100", "a count of 0")]
    [InlineData("100001x:h100", "a count of 100001")]
    [InlineData("99999999999999999999xh100", "a count of 99999999999999999999")]
    [InlineData("2x", "no accelerator")]
    [InlineData("2x:", "no accelerator")]
    public void A_bad_hardware_word_says_what_was_found(string word, string found)
    {
        var error = Should.Throw<BadContentException>(() => HardwareSpec.Parse(word, Catalog));

        error.Message.ShouldContain(word);
        error.Found.ShouldContain(found);
    }

    [Fact]
    public void Hardware_with_an_unknown_name_is_an_unknown_name() =>
        Should.Throw<UnknownNameException>(() => HardwareSpec.Parse("2x:h1000", Catalog)).Name.ShouldBe("h1000");

    [Fact]
    public void Hardware_reads_back_what_it_prints() =>
        Gen.Select(Gen.Int[1, HardwareSpec.MaximumCount], Gen.Int[0, Catalog.Accelerators.All.Count - 1])
            .Sample(
                (count, index) =>
                {
                    var hardware = new HardwareSpec(Catalog.Accelerators.All[index], count);
                    return HardwareSpec.Parse(hardware.ToString(), Catalog) == hardware;
                }
            );

    [Theory]
    [InlineData("accelerators", "H100 sxm")]
    [InlineData("offers", "gcp h100")]
    [InlineData("engines", "trt")]
    [InlineData("kernels", "gddr")]
    [InlineData("models", "qwen3 32b")]
    public void A_search_finds_entries_with_every_word(string kind, string text)
    {
        var search = new CatalogSearch(Catalog);
        var found = search.Search(kind, text);

        found.Count.ShouldBePositive();
        found.Count.ShouldBeLessThan(search.List(kind).Count);
        foreach (var item in found)
            search.Show(kind, item.Id).EnumerateObject().ShouldNotBeEmpty();
    }

    [Fact]
    public void An_unknown_kind_lists_the_kinds() =>
        Should
            .Throw<UnknownNameException>(() => new CatalogSearch(Catalog).List("gpus"))
            .Candidates.ShouldBe(CatalogSearch.Kinds);

    [Fact]
    public void An_entry_is_shown_as_it_is_written() =>
        new CatalogSearch(Catalog)
            .Show("accelerators", "a100-80gb")
            .GetProperty("memoryBandwidth")
            .GetString()
            .ShouldBe("2.039 TB/s");
}
