using Loadline.Catalog;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models;

public sealed class StoredElementsTests
{
    private static readonly CatalogReader Catalog = new();

    private const string Llama = """
        "model_type": "llama", "vocab_size": 100, "hidden_size": 256, "intermediate_size": 512,
        "num_attention_heads": 4, "num_hidden_layers": 2, "torch_dtype": "bfloat16"
        """;

    /// <summary>Weights of the matrices of both layers: four of 256 x 256 and three of 256 x 512.</summary>
    private const long Matrices = 2 * (4 * 256 * 256 + 3 * 256 * 512);

    [Fact]
    public void Every_published_count_is_explained_to_the_last_element()
    {
        var published = Catalog.Models.All.Where(model => model.StoredElements is not null).ToList();

        published.Count.ShouldBe(121);
        foreach (var model in published)
        {
            var elements = StoredElements.Of(model.Describe()).Total;
            (elements + model.StoredTerms.Sum(term => term.Elements)).ShouldBe(model.StoredElements!.Value, model.Id);
        }
    }

    [Fact]
    public void What_remains_unexplained_is_named_and_small()
    {
        var unexplained = Catalog
            .Models.All.SelectMany(model => model.StoredTerms.Select(term => (model.Id, Term: term)))
            .Where(pair => pair.Term.What.StartsWith("not explained", StringComparison.Ordinal))
            .ToDictionary(pair => pair.Id, pair => pair.Term.Elements);

        unexplained.ShouldBe(
            new Dictionary<string, long>
            {
                ["moonshotai/Kimi-K2-Instruct"] = 3_416,
                ["nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4"] = -11_010_048,
            },
            ignoreOrder: true
        );
    }

    [Fact]
    public void Terms_and_counts_name_their_source()
    {
        foreach (var model in Catalog.Models.All)
        {
            (model.StoredElementsSource is null).ShouldBe(model.StoredElements is null, model.Id);
            foreach (var term in model.StoredTerms)
            {
                model.StoredElements.ShouldNotBeNull(model.Id);
                term.Source.ShouldNotBeNullOrWhiteSpace(model.Id);
                term.Elements.ShouldNotBe(0, model.Id);
            }
        }
    }

    [Fact]
    public void A_model_lists_the_terms_from_its_parameters_to_its_checkpoint()
    {
        var model = new ModelSource(Catalog).Read("google/gemma-4-26B-A4B-it");

        // The tied head of 262,144 x 2,816 stored again, less 2 x 1,152 vectors and a scalar in each of 30 layers.
        model.StoredTerms.Select(term => term.Elements).ShouldBe([738_197_504, -2_304, -30]);
        ModelSummary.Of(model).Parameters.StoredTerms.ShouldBe(model.StoredTerms);
    }

    [Fact]
    public void A_format_that_stands_in_the_language_section_leaves_towers_alone()
    {
        var kimi = Catalog.Models.Find("moonshotai/Kimi-K2.5").Model.Describe();

        var towers = kimi.Tensors.Tensors.Where(tensor => tensor.Part is ModelPart.Vision or ModelPart.Projector);
        towers.ShouldAllBe(tensor => kimi.StoredFormat!.FormatOf(tensor) == BlockFormats.Bf16);
    }

    [Theory]
    [InlineData("""{ "quant_method": "fp8", "weight_block_size": [128, 128] }""", 0, 16_384)]
    [InlineData("""{ "quant_method": "mxfp4" }""", 0, 32)]
    [InlineData("""{ "quant_algo": "NVFP4", "group_size": 16 }""", Matrices / 2, 16)]
    public void Scales_add_elements_and_codes_that_share_a_byte_take_them(string format, long packed, long perScale)
    {
        var plain = FamilyExamples.Describe($$"""{ {{Llama}} }""");
        var quantized = FamilyExamples.Describe($$"""{ {{Llama}}, "quantization_config": {{format}} }""");

        quantized.StoredElements().ShouldBe(plain.StoredElements() - packed + Matrices / perScale);
    }
}
