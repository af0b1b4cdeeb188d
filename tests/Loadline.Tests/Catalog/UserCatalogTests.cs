using Loadline.Catalog;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Catalog;

public sealed class UserCatalogTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("loadline-catalog-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void A_user_overrides_one_figure_and_keeps_the_others()
    {
        Write(
            "accelerators/mine.json",
            """
            {
              // what my supplier asks
              "accelerators": [
                {
                  "id": "nvidia-h100-sxm-80gb",
                  "price": { "price": "19500 USD", "basis": "quote", "asOf": "2026-11-20" },
                  "peak": { "fp8": "1500 TFLOP/s" },
                  "notes": null
                },
              ]
            }
            """
        );

        var h100 = new CatalogReader(directory).Accelerators.Find("h100");

        h100.Price!.Price.ShouldBe(new Money(19500));
        h100.Peak.Fp8.ShouldBe(new FlopRate(1500e12));
        h100.Peak.Bf16!.Value.PerSecond.ShouldBe(989.4e12, 1e6);
        h100.Memory.ShouldBe(ByteSize.FromGiB(80));
        h100.Notes.ShouldBeNull();
    }

    [Fact]
    public void A_user_adds_an_accelerator_that_then_finds_constants()
    {
        Write(
            "accelerators/mine.json",
            """
            {
              "source": "lab notebook",
              "retrieved": "2026-11-20",
              "accelerators": [
                {
                  "id": "acme-one-64gb",
                  "name": "One",
                  "vendor": "Acme",
                  "kind": "gpu",
                  "aliases": ["one"],
                  "memory": "64 GiB"
                }
              ]
            }
            """
        );

        var catalog = new CatalogReader(directory);
        var one = catalog.Accelerators.Find("one");

        one.Source.ShouldBe("lab notebook");
        one.Aliases.ShouldBe(["one"]);
        catalog.Kernels.For(one, catalog.Engines.Find("vllm")).Rung.ShouldBe(KernelRung.DatasheetOnly);
    }

    [Fact]
    public void A_user_adds_an_offer_a_region_a_model_and_kernel_constants()
    {
        Write(
            "offers/mine.json",
            """
            {
              "provider": "acme",
              "offers": [
                {
                  "id": "acme/big/cellar",
                  "instance": "big",
                  "accelerator": "nvidia-l40s-48gb",
                  "count": 4,
                  "region": "cellar",
                  "onDemandPerHour": "3 USD",
                  "asOf": "2026-11",
                  "source": "quote"
                }
              ]
            }
            """
        );
        Write(
            "regions.json",
            """
            {
              "regions": [
                {
                  "provider": "acme",
                  "name": "cellar",
                  "jurisdiction": "EU",
                  "source": "lease",
                  "retrieved": "2026-11-20"
                }
              ]
            }
            """
        );
        Write(
            "models/acme--small.json",
            """
            {
              "id": "acme/Small",
              "source": "ours",
              "retrieved": "2026-11-20",
              "config": { "model_type": "llama", "hidden_size": 64 }
            }
            """
        );
        Write(
            "kernels/measured.json",
            """
            {
              "accelerator": "nvidia-h100-sxm-80gb",
              "kernels": [{ "engine": "vllm", "intervalFactor": 1.1 }]
            }
            """
        );

        var catalog = new CatalogReader(directory);

        catalog.Offers.Find("acme/big/cellar").Jurisdiction.ShouldBe("EU");
        catalog.Models.Find("acme/small").Model.Config.GetProperty("hidden_size").GetInt32().ShouldBe(64);
        catalog.Models.Find("Small").Model.Id.ShouldBe("acme/Small");
        catalog.Kernels.For("h100", "vllm").Constants.IntervalFactor.ShouldBe(1.1);
        catalog.Kernels.For("h100", "vllm").Constants.Matrices.ShouldContainKey("bf16");
    }

    [Fact]
    public void A_directory_that_does_not_exist_adds_nothing() =>
        new CatalogReader(Path.Combine(directory, "nowhere")).Engines.All.Count.ShouldBe(21);

    [Theory]
    [InlineData("\"memory\": \"80 G\"", "$.accelerators[0].memory", "\"80 G\"", "a size such as")]
    [InlineData("\"memory\": 80", "$.accelerators[0].memory", "80", "a size such as")]
    [InlineData("\"year\": \"2022\"", "$.accelerators[0].year", "\"2022\"", "a whole number")]
    [InlineData("\"memroy\": \"80 GiB\"", "$.accelerators[0]", "\"memroy\"", "memory")]
    [InlineData("\"kind\": \"gup\"", "$.accelerators[0].kind", "\"gup\"", "gpu")]
    [InlineData("\"peak\": { \"fp8\": \"fast\" }", "$.accelerators[0].peak.fp8", "\"fast\"", "TFLOP/s")]
    [InlineData("\"aliases\": \"fast\"", "$.accelerators[0].aliases", "\"fast\"", "a list")]
    [InlineData(
        "\"link\": { \"kind\": \"PCIe\", \"speed\": 3 }",
        "$.accelerators[0].link",
        "\"speed\"",
        "bandwidthPer"
    )]
    [InlineData("\"memory\": null", "$.accelerators[0]", "no \"memory\"", "memory")]
    public void A_bad_figure_is_named_with_its_file_and_place(
        string property,
        string place,
        string found,
        string expected
    )
    {
        Write("accelerators/mine.json", $$"""{ "accelerators": [{ "id": "nvidia-h100-sxm-80gb", {{property}} }] }""");

        var error = Should.Throw<BadContentException>(() => new CatalogReader(directory).Accelerators.Find("l40s"));

        error.File.ShouldBe(Path.Combine(directory, "accelerators", "mine.json"));
        error.Place.ShouldBe(place);
        error.Found.ShouldContain(found);
        error.Expected.ShouldContain(expected);
        error.Message.ShouldNotContain("System.");
    }

    [Theory]
    [InlineData("{ \"accelerators\": [", "line 1")]
    [InlineData("{ \"accelerators\": [],\n \"accelerators\": [] }", "")]
    [InlineData("[]", "")]
    [InlineData("{ \"accelerator\": [] }", "$")]
    [InlineData("{ \"accelerators\": [3] }", "$.accelerators[0]")]
    [InlineData("{ \"accelerators\": [{ \"name\": \"x\" }] }", "$.accelerators[0]")]
    public void A_file_of_the_wrong_form_is_named(string text, string place)
    {
        Write("accelerators/mine.json", text);

        var error = Should.Throw<BadContentException>(() => new CatalogReader(directory).Accelerators.All);

        error.File.ShouldBe(Path.Combine(directory, "accelerators", "mine.json"));
        error.Place.ShouldBe(place);
    }

    [Theory]
    [InlineData("""{ "accelerators": [{ "id": "\ud800" }] }""", "surrogate")]
    [InlineData("{ \"accelerators\": [{ \"id\": \"\u00e9\" }] }", "UTF-8")]
    public void A_file_that_is_no_text_is_refused(string text, string found)
    {
        var file = Path.Combine(directory, "accelerators", "mine.json");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, System.Text.Encoding.Latin1.GetBytes(text));

        Should
            .Throw<BadContentException>(() => new CatalogReader(directory).Accelerators.All)
            .Message.ShouldContain(found);
    }

    [Fact]
    public void An_id_stands_in_one_file_of_a_directory_only()
    {
        Write("accelerators/a.json", """{ "accelerators": [{ "id": "nvidia-h100-sxm-80gb" }] }""");
        Write("accelerators/b.json", """{ "accelerators": [{ "id": "NVIDIA-H100-SXM-80GB" }] }""");

        var error = Should.Throw<BadContentException>(() => new CatalogReader(directory).Accelerators.All);

        error.File.ShouldEndWith("b.json");
        error.Expected.ShouldContain("a.json");
    }

    [Fact]
    public void A_name_belongs_to_one_accelerator_only()
    {
        Write("accelerators/mine.json", """{ "accelerators": [{ "id": "nvidia-l40s-48gb", "aliases": ["h100"] }] }""");

        var error = Should.Throw<BadContentException>(() => new CatalogReader(directory).Accelerators.All);

        error.File.ShouldEndWith("mine.json");
        error.Place.ShouldBe("$.accelerators[0].aliases");
        error.Found.ShouldContain("nvidia-h100-sxm-80gb");
    }

    [Fact]
    public void A_model_file_is_named_after_its_model()
    {
        Write(
            "models/acme--small.json",
            """
            { "id": "acme/large", "source": "ours", "retrieved": "2026-11-20", "config": {} }
            """
        );

        Should
            .Throw<BadContentException>(() => new CatalogReader(directory).Models.Find("acme/small"))
            .Found.ShouldContain("acme/large");
    }

    private void Write(string path, string text)
    {
        var file = Path.Combine(directory, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
