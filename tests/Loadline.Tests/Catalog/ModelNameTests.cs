using Loadline.Catalog;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Catalog;

public sealed class ModelNameTests
{
    private static readonly CatalogReader Catalog = new();

    [Theory]
    [InlineData("facebook/opt-350m")]
    [InlineData("meta-llama/Llama-3.1-8B-Instruct")]
    [InlineData("openai/gpt-oss-20b")]
    public void A_model_goes_by_its_id_without_assumptions(string id)
    {
        var match = Catalog.Models.Find(id);

        match.Model.Id.ShouldBe(id);
        match.Rule.ShouldBeNull();
    }

    [Theory]
    [InlineData("FACEBOOK/OPT-350M", "facebook/opt-350m", null)]
    [InlineData("gpt2", "openai-community/gpt2", "another name")]
    [InlineData("meta-llama/Llama-3.1-405B", "meta-llama/Meta-Llama-3.1-405B", "another name")]
    [InlineData("meta-llama/Llama-3.1-70B", "meta-llama/Meta-Llama-3.1-70B", "another name")]
    [InlineData("meta-llama/Meta-Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B-Instruct", "another name")]
    [InlineData("meta-llama/Meta-Llama-3-8B-Instruct", "meta-llama/Meta-Llama-3-8B", "another name")]
    [InlineData("opt-350m", "facebook/opt-350m", "taken to be")]
    [InlineData("Llama-3.1-70B", "meta-llama/Meta-Llama-3.1-70B", "taken to be")]
    [InlineData("huggyllama/llama-7b", "huggyllama/llama-7b", null)]
    [InlineData("google/gemma-3-27b", "google/gemma-3-27b-it", "taken to be")]
    [InlineData("mistralai/Mixtral-8x7B-Instruct-v0.1", "mistralai/Mixtral-8x7B-v0.1", "architecture")]
    [InlineData("mistralai/Mistral-7B-v0.3", "mistralai/Mistral-7B-Instruct-v0.3", "architecture")]
    [InlineData("meta-llama/Llama-2-70b-hf", "meta-llama/Llama-2-70b-chat-hf", "architecture")]
    [InlineData("Qwen/Qwen2.5-14B-Instruct", "Qwen/Qwen2.5-14B", "architecture")]
    [InlineData("Qwen/Qwen3-30B-A3B-Thinking-2507", "Qwen/Qwen3-30B-A3B", "architecture")]
    [InlineData("google/gemma-2b-it", "google/gemma-2b", "architecture")]
    [InlineData("Qwen2.5-72B-Instruct", "Qwen/Qwen2.5-72B", "architecture")]
    public void A_model_goes_by_names_that_say_how_they_led_to_it(string name, string id, string? rule)
    {
        var match = Catalog.Models.Find(name);

        match.Model.Id.ShouldBe(id);
        if (rule is null)
            match.Rule.ShouldBeNull();
        else
            match.Rule.ShouldNotBeNull().ShouldContain(rule);
    }

    // The format is the name's own; whose name it carries does not matter, nor which copy is catalogued.
    [Theory]
    [InlineData("nvidia/Llama-3.1-8B-Instruct-FP8", "meta-llama/Llama-3.1-8B-Instruct", "fp8")]
    [InlineData("amd/Llama-3.1-405B-Instruct-FP8-KV", "meta-llama/Meta-Llama-3.1-405B", "fp8")]
    [InlineData("Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8", "Qwen/Qwen3-Coder-480B-A35B-Instruct", "fp8")]
    [InlineData("Qwen/Qwen2.5-72B-Instruct-AWQ", "Qwen/Qwen2.5-72B", "int4")]
    [InlineData("Qwen2.5-32B-Instruct-GPTQ-Int8", "Qwen/Qwen2.5-32B", "int8")]
    [InlineData("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-FP8", "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "fp8")]
    [InlineData(
        "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16",
        "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8",
        "bf16"
    )]
    [InlineData("nvidia/NVIDIA-Nemotron-3-Super-120B-A12B", "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8", "bf16")]
    public void A_copy_in_another_format_has_the_architecture_of_the_model(string name, string id, string weights)
    {
        var match = Catalog.Models.Find(name);

        match.Model.Id.ShouldBe(id);
        match.Weights.ShouldBe(weights);
        match.Rule.ShouldNotBeNull().ShouldContain($"with {weights} weights");
        var architecture = match.Describe();
        architecture.StoredFormat!.Name.ShouldBe(weights);
        architecture.Tensors.Parameters.ShouldBe(match.Model.Describe().Tensors.Parameters);
    }

    [Fact]
    public void An_organisation_that_changed_its_name_publishes_the_same_models()
    {
        var match = Catalog.Models.Find("zhipuai/GLM-5");

        match.Model.Id.ShouldBe("zai-org/GLM-5");
        match.Weights.ShouldBeNull();
    }

    // v0.1 has a sliding window and v0.3 another vocabulary: a version is not a variant.
    [Theory]
    [InlineData("mistralai/Mistral-7B-v0.2")]
    [InlineData("acme/opt-350m")]
    [InlineData("facebook/opt-351m")]
    [InlineData("../../etc/passwd")]
    [InlineData("facebook/../opt-350m")]
    [InlineData("")]
    public void A_model_that_is_not_there_is_not_guessed(string name) =>
        Should.Throw<UnknownNameException>(() => Catalog.Models.Find(name));

    [Fact]
    public void A_beginning_that_fits_several_models_lists_them() =>
        Should
            .Throw<UnknownNameException>(() => Catalog.Models.Find("mistralai/Mistral-7B"))
            .Candidates.ShouldBe(["mistralai/Mistral-7B-Instruct-v0.3", "mistralai/Mistral-7B-v0.1"]);

    [Fact]
    public void Every_model_is_in_the_file_of_its_name()
    {
        Catalog.Models.All.Count.ShouldBe(245);
        foreach (var id in Catalog.Models.Ids)
            Catalog.Models.Find(id).Model.Id.ShouldBe(id);
    }

    // 331,196,416 parameters: the checkpoint's 662,392,832 bytes at two bytes each.
    [Fact]
    public void A_configuration_keeps_what_describes_the_architecture()
    {
        var config = Catalog.Models.Find("facebook/opt-350m").Model.Config;

        config.GetProperty("word_embed_proj_dim").GetInt32().ShouldBe(512);
        config.GetProperty("do_layer_norm_before").GetBoolean().ShouldBeFalse();
        config.TryGetProperty("bos_token_id", out _).ShouldBeFalse();
        config.TryGetProperty("dropout", out _).ShouldBeFalse();
    }
}
