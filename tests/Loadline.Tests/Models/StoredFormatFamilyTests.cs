using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models;

public sealed class StoredFormatFamilyTests
{
    [Fact]
    public void Fp8_with_tiles_adds_the_scales_that_the_published_count_shows()
    {
        // Qwen/Qwen3-235B-A22B-FP8: 235,107,904,512 stored elements, of which 235,093,634,560 are parameters.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "qwen3_moe", "hidden_size": 4096, "intermediate_size": 12288,
              "moe_intermediate_size": 1536, "num_attention_heads": 64, "num_key_value_heads": 4, "head_dim": 128,
              "num_hidden_layers": 94, "num_experts": 128, "num_experts_per_tok": 8, "vocab_size": 151936,
              "torch_dtype": "bfloat16",
              "quantization_config": { "quant_method": "fp8", "weight_block_size": [128, 128],
                "modules_to_not_convert": ["lm_head", "model.layers.0.mlp.gate"] } }
            """
        );
        var stored = architecture.StoredFormat.ShouldNotBeNull();

        var quantized = architecture
            .Tensors.Tensors.Where(tensor => stored.FormatOf(tensor) == BlockFormats.Fp8Block)
            .Sum(tensor => tensor.Parameters);
        var plain = architecture.Tensors.Parameters - quantized;
        var scales = (architecture.Tensors.SizeIn(stored).Bytes - quantized - 2 * plain) / 4;
        (architecture.Tensors.Parameters + scales).ShouldBe(235_107_904_512);
        stored.Arithmetic.ShouldBe(Arithmetic.Fp8);
    }

    [Fact]
    public void Plain_weights_have_no_stored_format() => Small("null").StoredFormat.ShouldBeNull();

    [Theory]
    [InlineData("""{ "quant_method": "fp8", "activation_scheme": "static" }""", "fp8-tensor", Arithmetic.Fp8)]
    [InlineData("""{ "quant_method": "awq", "bits": 4, "group_size": 128 }""", "int4-g128", Arithmetic.Bf16)]
    [InlineData("""{ "quant_method": "gptq", "bits": 4, "group_size": 32 }""", "int4-g32", Arithmetic.Bf16)]
    [InlineData("""{ "quant_method": "gptq", "bits": 8, "group_size": -1 }""", "int8-channel", Arithmetic.Bf16)]
    [InlineData("""{ "quant_method": "bitsandbytes", "load_in_4bit": true }""", "nf4", Arithmetic.Bf16)]
    [InlineData("""{ "quant_method": "modelopt", "quant_algo": "NVFP4" }""", "nvfp4", Arithmetic.Fp4)]
    [InlineData("""{ "quant_algo": "FP8", "ignore": ["lm_head"] }""", "fp8-tensor", Arithmetic.Fp8)]
    [InlineData(
        """
            { "quant_method": "compressed-tensors", "config_groups": { "group_0": {
              "targets": ["Linear"], "input_activations": { "num_bits": 8, "type": "float" },
              "weights": { "num_bits": 8, "type": "float", "strategy": "channel" } } } }
            """,
        "fp8-channel",
        Arithmetic.Fp8
    )]
    [InlineData(
        """
            { "quant_method": "compressed-tensors", "config_groups": { "group_0": {
              "targets": ["Linear"], "input_activations": null,
              "weights": { "num_bits": 4, "type": "int", "strategy": "group", "group_size": 32,
              "symmetric": true } } } }
            """,
        "int4-g32-symmetric",
        Arithmetic.Bf16
    )]
    public void Every_method_names_its_block_format(string quantization, string format, Arithmetic arithmetic)
    {
        var stored = Small(quantization).StoredFormat.ShouldNotBeNull();

        stored.Matrices.Name.ShouldBe(format);
        stored.Rest.ShouldBe(BlockFormats.Bf16);
        stored.Arithmetic.ShouldBe(arithmetic);
    }

    [Fact]
    public void Int4_groups_of_32_without_zero_points_take_18_bytes()
    {
        var stored = Small(
            """
            { "quant_method": "compressed-tensors", "config_groups": { "group_0": { "targets": ["Linear"],
              "weights": { "num_bits": 4, "type": "int", "group_size": 32, "symmetric": true } } } }
            """
        )
            .StoredFormat.ShouldNotBeNull();

        stored.Matrices.SizeOf(1, 32).Bytes.ShouldBe(18);
        stored.Matrices.SizeOf(10, 64).Bytes.ShouldBe(360);
    }

    [Theory]
    [InlineData("model.layers.1*")]
    [InlineData("model.layers.1.*")]
    [InlineData("model.layers.1")]
    [InlineData("layers.1")]
    [InlineData("re:.*layers\\\\.1\\\\..*")]
    public void A_layer_left_alone_keeps_the_models_own_type(string pattern)
    {
        var architecture = Small($$"""{ "quant_method": "fp8", "modules_to_not_convert": ["{{pattern}}"] }""");
        var stored = architecture.StoredFormat.ShouldNotBeNull();

        foreach (var tensor in architecture.Tensors.Tensors.Where(tensor => tensor.IsQuantizable))
        {
            var isAlone = tensor.Layers.Contains(1);
            tensor.Layers.Length.ShouldBe(isAlone ? 1 : 2);
            stored.FormatOf(tensor).ShouldBe(isAlone ? BlockFormats.Bf16 : BlockFormats.Fp8Tensor);
            stored.ArithmeticOf(tensor).ShouldBe(isAlone ? Arithmetic.Bf16 : Arithmetic.Fp8);
        }
    }

    [Fact]
    public void A_component_is_left_alone_whole_never_as_part_of_a_longer_name()
    {
        var architecture = Small("""{ "quant_method": "fp8", "modules_to_not_convert": ["gate", "q_proj"] }""");
        var stored = architecture.StoredFormat.ShouldNotBeNull();

        var alone = architecture
            .Tensors.Tensors.Where(tensor => tensor.IsQuantizable && stored.FormatOf(tensor) == BlockFormats.Bf16)
            .Select(tensor => tensor.Name);
        alone.ShouldBe(["model.layers.{layer}.self_attn.q_proj.weight"]);
    }

    [Fact]
    public void Dividing_tensors_by_format_changes_no_count()
    {
        var whole = Small("null");
        var divided = Small("""{ "quant_method": "fp8", "modules_to_not_convert": ["model.layers.0", "lm_head"] }""");

        divided.Tensors.Tensors.Length.ShouldBeGreaterThan(whole.Tensors.Tensors.Length);
        divided.Tensors.Parameters.ShouldBe(whole.Tensors.Parameters);
        whole.Tensors.SizeIn(divided.StoredFormat!).ShouldBe(divided.Tensors.SizeIn(divided.StoredFormat!));
    }

    [Theory]
    [InlineData("""{ "quant_method": "runes" }""", "$.quantization_config.quant_method")]
    [InlineData("""{ "quant_method": "fp8", "weight_block_size": [128] }""", "$.quantization_config.weight_block_size")]
    [InlineData("""{ "quant_method": "awq", "bits": 5 }""", "$.quantization_config.bits")]
    [InlineData("""{ "quant_method": "awq", "group_size": 7 }""", "$.quantization_config.group_size")]
    [InlineData("""{ "quant_method": "fp8", "ignore": ["re:(?=a)b"] }""", "$.quantization_config.ignore")]
    public void A_quantization_that_cannot_be_sized_is_refused(string quantization, string place) =>
        Should.Throw<BadContentException>(() => Small(quantization)).Place.ShouldBe(place);

    private static Architecture Small(string quantization) =>
        FamilyExamples.Describe(
            $$"""
            { "model_type": "llama", "vocab_size": 1024, "hidden_size": 256, "intermediate_size": 512,
              "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 3,
              "torch_dtype": "bfloat16", "quantization_config": {{quantization}} }
            """
        );
}
