using System.Text.Json;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

public sealed class CheckpointMatchTests
{
    private static readonly Architecture Llama = Describe(TinyLlama.Config);

    [Fact]
    public void Scales_are_counted_with_the_weight_they_belong_to()
    {
        // GPTQ at 4 bits: eight codes in an int32, a scale and a zero point for each group of 128.
        const string Stem = "model.layers.0.self_attn.q_proj";
        var stored = Match(
            Plain().Where(tensor => tensor.Name != $"{Stem}.weight"),
            new StoredTensor($"{Stem}.qweight", BlockFormats.Int32, [32, 256], 32_768),
            new StoredTensor($"{Stem}.scales", BlockFormats.Fp16, [2, 256], 1_024),
            new StoredTensor($"{Stem}.qzeros", BlockFormats.Int32, [2, 32], 256)
        );

        stored.SizeOf(Tensor("self_attn.q_proj.weight")).Bytes.ShouldBe(32_768 + 1_024 + 256 + 131_072);
        stored.Unlisted.Length.ShouldBe(2);
        stored.Unlisted.ShouldAllBe(entry => entry.Kind == UnlistedKind.Scale);
        stored.Missing.ShouldBeEmpty();
        Llama.Tensors.SizeIn(stored).ShouldBe(stored.Total);
    }

    [Fact]
    public void A_stored_copy_of_a_tied_head_is_listed_as_a_copy()
    {
        var tied = Describe(TinyLlama.Config.Replace("false", "true", StringComparison.Ordinal));

        var stored = CheckpointMatch.FormatOf(tied, new Checkpoint([.. Plain()]), "model.safetensors");

        stored.Unlisted.Single().Kind.ShouldBe(UnlistedKind.TiedCopy);
        stored.Total.Bytes.ShouldBe(2 * TinyLlama.Parameters);
        tied.Tensors.SizeIn(stored).Bytes.ShouldBe(2 * (TinyLlama.Parameters - 2_560));
    }

    [Fact]
    public void What_the_file_lacks_is_listed_and_sized_as_the_rest()
    {
        var stored = Match(Plain().Where(tensor => tensor.Name != "model.norm.weight"));

        stored.Missing.Single().Name.ShouldBe("model.norm.weight");
        stored.SizeOf(Tensor("model.norm.weight")).Bytes.ShouldBe(512);
        stored.Total.Bytes.ShouldBe(2 * (TinyLlama.Parameters - 256));
    }

    [Fact]
    public void A_tensor_missing_in_one_layer_is_missing()
    {
        var stored = Match(Plain().Where(tensor => tensor.Name != "model.layers.1.mlp.up_proj.weight"));

        stored.Missing.Single().Name.ShouldBe("model.layers.{layer}.mlp.up_proj.weight");
    }

    [Fact]
    public void A_tensor_of_another_size_than_the_configuration_says_is_refused()
    {
        var tensors = Plain()
            .Select(tensor => tensor.Name == "model.norm.weight" ? tensor with { Shape = [255] } : tensor);

        Should.Throw<BadContentException>(() => Match(tensors)).Message.ShouldContain("255 elements; expected 256");
    }

    [Theory]
    [InlineData("model.", "language_model.model.")]
    [InlineData("model.", "model.language_model.")]
    [InlineData("model.", "")]
    public void Wrappers_around_a_model_do_not_hide_its_tensors(string prefix, string wrapped)
    {
        var stored = Match(
            Plain()
                .Select(tensor =>
                    tensor.Name.StartsWith(prefix, StringComparison.Ordinal)
                        ? tensor with
                        {
                            Name = wrapped + tensor.Name[prefix.Length..],
                        }
                        : tensor
                )
        );

        stored.Missing.ShouldBeEmpty();
        stored.Unlisted.ShouldBeEmpty();
    }

    [Fact]
    public void Mixed_layers_have_the_format_of_most_bytes()
    {
        var stored = Match(
            Plain()
                .Select(tensor =>
                    tensor.Name == "model.layers.0.mlp.up_proj.weight"
                        ? tensor with
                        {
                            Format = BlockFormats.Fp8,
                            Bytes = 131_072,
                        }
                        : tensor
                )
        );

        stored.FormatOf(Tensor("mlp.up_proj.weight")).ShouldBe(BlockFormats.Bf16);
        stored.SizeOf(Tensor("mlp.up_proj.weight")).Bytes.ShouldBe(131_072 + 262_144);
    }

    private static IEnumerable<StoredTensor> Plain() =>
        TinyLlama
            .Outside.Concat(TinyLlama.Layer(0))
            .Concat(TinyLlama.Layer(1))
            .Select(tensor => new StoredTensor(
                tensor.Name,
                BlockFormats.Bf16,
                [.. tensor.Shape],
                2 * tensor.Shape.Aggregate(1L, (product, size) => product * size)
            ));

    private static StoredWeightFormat Match(IEnumerable<StoredTensor> tensors, params StoredTensor[] more) =>
        CheckpointMatch.FormatOf(Llama, new Checkpoint([.. tensors, .. more]), "model.safetensors");

    private static Tensor Tensor(string ending) =>
        Llama.Tensors.Tensors.Single(tensor => tensor.Name.EndsWith(ending, StringComparison.Ordinal));

    private static Architecture Describe(string config)
    {
        using var document = JsonDocument.Parse(config);
        return ModelFamilies.Describe(new ModelConfig("config.json", document.RootElement));
    }
}
