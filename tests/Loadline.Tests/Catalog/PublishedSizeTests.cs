using Loadline.Catalog;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Catalog;

/// <summary>Catalogued models whose sizes were gathered field by field, against the counts their publishers print.</summary>
public sealed class PublishedSizeTests
{
    private static readonly ModelSource Models = new(new CatalogReader());

    // Element counts of the checkpoints as the hub lists them.
    [Theory]
    [InlineData("Qwen/Qwen2-72B", 72_706_203_648)]
    [InlineData("Qwen/Qwen1.5-7B", 7_721_324_544)]
    [InlineData("openlm-research/open_llama_3b", 3_426_473_600)]
    [InlineData("moonshotai/Kimi-Linear-48B-A3B-Instruct", 49_122_681_728)]
    public void A_model_has_the_parameters_that_its_checkpoint_has(string id, long published) =>
        Models.Read(id).Architecture.Tensors.Parameters.ShouldBe(published);

    // Billions as model cards and papers print them, with half of the last digit as tolerance.
    [Theory]
    [InlineData("deepseek-ai/deepseek-coder-33b-instruct", 33.3, 0.05)]
    [InlineData("tencent/Hunyuan-A13B-Instruct", 80, 0.5)]
    [InlineData("stepfun-ai/Step-3.5-Flash", 196, 1)]
    [InlineData("mistralai/Ministral-3-14B-Instruct-2512", 13.5, 0.05)]
    [InlineData("Megatron GPT-175B", 175, 0.5)]
    [InlineData("Megatron GPT-1.3B", 1.3, 0.05)]
    [InlineData("Megatron GPT-350M", 0.35, 0.01)]
    public void A_model_has_about_the_billions_that_its_card_prints(string id, double billions, double tolerance) =>
        (Models.Read(id).Architecture.Tensors.Parameters / 1e9).ShouldBe(billions, tolerance);

    // "13 billion active", "11B active", "3B active".
    [Theory]
    [InlineData("tencent/Hunyuan-A13B-Instruct", 13, 0.5)]
    [InlineData("moonshotai/Kimi-Linear-48B-A3B-Instruct", 3, 0.5)]
    public void A_token_uses_about_the_billions_that_the_card_prints(string id, double billions, double tolerance) =>
        (Models.Read(id).Architecture.Tensors.ActiveParameters / 1e9).ShouldBe(billions, tolerance);

    [Fact]
    public void Layers_of_Hunyuan_that_would_share_a_cache_are_refused() =>
        Should
            .Throw<BadContentException>(() =>
                Loadline.Tests.Models.FamilyExamples.Describe(
                    """
                    { "model_type": "hunyuan_v1_moe", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
                      "num_key_value_heads": 2, "moe_intermediate_size": 32, "num_experts": 4, "moe_topk": 2,
                      "vocab_size": 100, "use_cla": true }
                    """
                )
            )
            .Message.ShouldContain("use_cla");
}
