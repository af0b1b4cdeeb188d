using System.Text.Json;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models;

public sealed class OptFamilyTests
{
    private const string Opt350m = """
        { "model_type": "opt", "hidden_size": 1024, "ffn_dim": 4096, "num_attention_heads": 16,
          "num_hidden_layers": 24, "vocab_size": 50272, "max_position_embeddings": 2048,
          "word_embed_proj_dim": 512, "do_layer_norm_before": false, "torch_dtype": "float16" }
        """;

    [Fact]
    public void Opt_350m_has_the_parameters_of_its_published_checkpoint()
    {
        // facebook/opt-350m: an fp16 file of 662,392,832 bytes.
        var architecture = Describe(Opt350m);

        architecture.Tensors.Parameters.ShouldBe(331_196_416);
        architecture.Tensors.SizeIn(WeightFormats.Fp16).Bytes.ShouldBe(662_392_832);
        architecture.Tensors.SizeIn(WeightFormats.Fp32).Bytes.ShouldBe(1_324_785_664);
    }

    [Theory]
    // facebook/opt-125m, 1.3b and 2.7b: bytes of the published fp16 files.
    [InlineData(768, 3072, 12, 12, 250_478_592)]
    [InlineData(2048, 8192, 32, 24, 2_631_516_160)]
    [InlineData(2560, 10240, 32, 32, 5_303_193_600)]
    public void The_siblings_norm_before_their_blocks_and_have_the_size_of_their_files(
        int hidden,
        int intermediate,
        int heads,
        int layers,
        long bytes
    )
    {
        var architecture = Describe(
            $$"""
            { "model_type": "opt", "hidden_size": {{hidden}}, "ffn_dim": {{intermediate}},
              "num_attention_heads": {{heads}}, "num_hidden_layers": {{layers}}, "vocab_size": 50272,
              "max_position_embeddings": 2048, "word_embed_proj_dim": {{hidden}}, "do_layer_norm_before": true }
            """
        );

        architecture.Tensors.SizeIn(WeightFormats.Fp16).Bytes.ShouldBe(bytes);
    }

    private static Architecture Describe(string config)
    {
        using var document = JsonDocument.Parse(config);
        return ModelFamilies.Describe(new ModelConfig("config.json", document.RootElement));
    }
}
