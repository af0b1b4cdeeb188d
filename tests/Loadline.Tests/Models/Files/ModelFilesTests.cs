using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

public sealed class ModelFilesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_folder_with_config_and_weights_is_a_model()
    {
        folder.Write("config.json", TinyLlama.Config);
        folder.Write("model.safetensors", TinyLlama.Safetensors());

        var model = ModelFiles.Read(folder.Path);

        model.Id.ShouldBe(folder.Path);
        model.Architecture.Tensors.Parameters.ShouldBe(TinyLlama.Parameters);
        model.Checkpoint!.Elements.ShouldBe(TinyLlama.Parameters);
        model.Checkpoint.Size.Bytes.ShouldBe(2 * TinyLlama.Parameters);
        model.Architecture.Tensors.SizeIn(model.Architecture.StoredFormat!).Bytes.ShouldBe(2 * TinyLlama.Parameters);
        model.Assumptions.ShouldBeEmpty();
    }

    [Fact]
    public void A_weight_file_uses_the_config_beside_it()
    {
        folder.Write("config.json", TinyLlama.Config);
        var file = folder.Write("weights.safetensors", TinyLlama.Safetensors());

        ModelFiles.Read(file).Checkpoint!.Elements.ShouldBe(TinyLlama.Parameters);
        ModelFiles.Read(folder.Path).Checkpoint!.Elements.ShouldBe(TinyLlama.Parameters);
    }

    [Fact]
    public void A_config_alone_is_a_model_without_checkpoint()
    {
        var file = folder.Write("config.json", TinyLlama.Config);

        ModelFiles.Read(file).Checkpoint.ShouldBeNull();
        ModelFiles.Read(folder.Path).Architecture.Layers.Length.ShouldBe(2);
    }

    [Fact]
    public void Model_Optimizer_says_beside_the_config_how_weights_are_stored()
    {
        folder.Write("config.json", TinyLlama.Config);
        folder.Write(
            "hf_quant_config.json",
            """
            { "producer": { "name": "modelopt", "version": "0.33.1" },
              "quantization": { "quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8", "group_size": 16,
                "exclude_modules": ["lm_head", "model.layers.1.*"] } }
            """
        );

        var architecture = ModelFiles.Read(folder.Path).Architecture;

        architecture.StoredFormat!.Name.ShouldBe("nvfp4");
        var upProjections = architecture.Tensors.Tensors.Where(tensor => tensor.Name.Contains("up_proj")).ToList();
        upProjections.Select(architecture.StoredFormat.FormatOf).ShouldBe([BlockFormats.Nvfp4, BlockFormats.Bf16]);
        architecture.Tensors.Parameters.ShouldBe(TinyLlama.Parameters);
    }

    [Fact]
    public void Model_Optimizer_may_give_every_layer_an_algorithm_of_its_own()
    {
        folder.Write("config.json", TinyLlama.Config);
        folder.Write(
            "hf_quant_config.json",
            """
            { "quantization": { "quant_algo": "MIXED_PRECISION", "quantized_layers": {
                "model.layers.0.mlp.up_proj": { "quant_algo": "NVFP4", "group_size": 16 },
                "model.layers.0.self_attn.o_proj": { "quant_algo": "FP8" } } } }
            """
        );

        var architecture = ModelFiles.Read(folder.Path).Architecture;

        var formats = architecture
            .Tensors.Tensors.Where(tensor => tensor.Layers.Contains(0) && tensor.IsQuantizable)
            .ToDictionary(tensor => tensor.Name.Split('.')[^2], architecture.StoredFormat!.FormatOf);
        formats["up_proj"].ShouldBe(BlockFormats.Nvfp4);
        formats["o_proj"].ShouldBe(BlockFormats.Fp8Tensor);
        formats["down_proj"].ShouldBe(BlockFormats.Bf16);
    }

    [Fact]
    public void A_broken_file_of_Model_Optimizer_is_named()
    {
        folder.Write("config.json", TinyLlama.Config);
        folder.Write("hf_quant_config.json", """{ "quantization": { "quant_algo": "NVFP4", "group_size": 32 } }""");

        var exception = Refused(folder.Path);

        exception.File.ShouldEndWith("hf_quant_config.json");
        exception.Message.ShouldContain("$.quantization.group_size: 32");
    }

    [Theory]
    [InlineData("[0.0, Infinity]")]
    [InlineData("-Infinity")]
    [InlineData("NaN")]
    public void Numbers_that_Python_writes_and_JSON_has_not_are_read_over(string limit)
    {
        var config = TinyLlama.Config.Replace("{ ", $"{{ \"note\": \"a \\\"NaN\", \"time_step_limit\": {limit}, ");
        folder.Write("config.json", config);

        ModelFiles.Read(folder.Path).Architecture.Tensors.Parameters.ShouldBe(TinyLlama.Parameters);
    }

    [Fact]
    public void A_size_that_is_not_a_number_is_refused_by_name()
    {
        folder.Write("config.json", TinyLlama.Config.Replace("\"hidden_size\": 256", "\"hidden_size\": NaN"));

        Refused(folder.Path).Message.ShouldContain("$.hidden_size: \"NaN\"");
    }

    [Fact]
    public void A_weight_file_without_config_says_that_one_is_needed()
    {
        var file = folder.Write("model.safetensors", TinyLlama.Safetensors());

        Refused(file).Message.ShouldContain("no config.json");
    }

    [Fact]
    public void A_folder_without_config_is_named()
    {
        var exception = Refused(folder.Path);

        exception.File.ShouldBe(folder.Path);
        exception.Message.ShouldContain("no config.json");
    }

    [Fact]
    public void What_is_not_there_is_an_error_of_the_file_system()
    {
        Should.Throw<FileNotFoundException>(() => ModelFiles.Read(Path.Combine(folder.Path, "absent.gguf")));
        ModelFiles.Exists(Path.Combine(folder.Path, "absent.gguf")).ShouldBeFalse();
        ModelFiles.Exists(folder.Path).ShouldBeTrue();
    }

    [Fact]
    public void A_file_of_another_kind_is_refused() =>
        Refused(folder.Write("model.bin", "x")).Found.ShouldContain("kind");

    [Fact]
    public void Shards_are_read_through_their_index_from_wherever_one_points()
    {
        folder.Write("config.json", TinyLlama.Config);
        var shard = folder.Write("model-00001-of-00002.safetensors", SafetensorsWriter.Write(TinyLlama.Outside));
        folder.Write(
            "model-00002-of-00002.safetensors",
            SafetensorsWriter.Write([.. TinyLlama.Layer(0), .. TinyLlama.Layer(1)])
        );
        var index = folder.Write("model.safetensors.index.json", Index());

        foreach (var path in (string[])[folder.Path, shard, index])
            ModelFiles.Read(path).Checkpoint!.Elements.ShouldBe(TinyLlama.Parameters);
    }

    [Fact]
    public void An_index_without_any_shard_gives_only_its_total()
    {
        folder.Write("config.json", TinyLlama.Config);
        var index = folder.Write("model.safetensors.index.json", Index());

        var model = ModelFiles.Read(index);

        model.Checkpoint.ShouldBeNull();
        model.Assumptions.Single().ShouldContain("none of its 2 files is here; it claims 2381312 bytes");
    }

    [Fact]
    public void A_missing_shard_is_named()
    {
        folder.Write("config.json", TinyLlama.Config);
        folder.Write("model-00001-of-00002.safetensors", SafetensorsWriter.Write(TinyLlama.Outside));
        folder.Write("model.safetensors.index.json", Index());

        Refused(folder.Path).Found.ShouldContain("model-00002-of-00002.safetensors");
    }

    [Fact]
    public void A_tensor_that_its_shard_lacks_is_named()
    {
        folder.Write("config.json", TinyLlama.Config);
        folder.Write("model-00001-of-00002.safetensors", SafetensorsWriter.Write(TinyLlama.Outside));
        folder.Write("model-00002-of-00002.safetensors", SafetensorsWriter.Write(TinyLlama.Layer(0)));
        folder.Write("model.safetensors.index.json", Index());

        var exception = Refused(folder.Path);

        exception.Place.ShouldContain("model.layers.1.input_layernorm.weight");
        exception.Found.ShouldContain("which lacks it");
    }

    [Fact]
    public void A_tensor_in_two_shards_is_refused()
    {
        folder.Write("config.json", TinyLlama.Config);
        folder.Write("model-00001-of-00002.safetensors", SafetensorsWriter.Write(TinyLlama.Outside));
        folder.Write(
            "model-00002-of-00002.safetensors",
            SafetensorsWriter.Write([.. TinyLlama.Layer(0), .. TinyLlama.Layer(1), TinyLlama.Outside[0]])
        );
        folder.Write("model.safetensors.index.json", Index());

        Refused(folder.Path).Found.ShouldContain("also in");
    }

    [Theory]
    [InlineData("../secret.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("sub/model.safetensors")]
    [InlineData("..")]
    [InlineData("C:\\\\x")]
    [InlineData("")]
    public void A_shard_outside_the_folder_is_refused(string shard)
    {
        folder.Write("config.json", TinyLlama.Config);
        var index = folder.Write("model.safetensors.index.json", $$"""{ "weight_map": { "a": "{{shard}}" } }""");

        Refused(index).Expected.ShouldBe("a file name without folders");
    }

    [Theory]
    [InlineData("{}", "$.weight_map")]
    [InlineData("[]", "$.weight_map")]
    [InlineData("""{ "weight_map": { "a": 1 } }""", "$.weight_map.\"a\"")]
    [InlineData("""{ "weight_map": {}, "metadata": { "total_size": -1 } }""", "$.metadata.total_size")]
    [InlineData("""{ "weight_map": {}, "metadata": { "total_size": 1e30 } }""", "$.metadata.total_size")]
    [InlineData("""{ "weight_map": {}, "metadata": { "total_size": "1" } }""", "$.metadata.total_size")]
    public void An_index_that_is_not_sound_is_refused_at_its_place(string json, string place)
    {
        folder.Write("config.json", TinyLlama.Config);

        Refused(folder.Write("model.safetensors.index.json", json)).Place.ShouldBe(place);
    }

    [Theory]
    [InlineData("{\n  \"a\": Null }", "line 2, position 8")]
    [InlineData("{ \"a\": 1 } x", "line 1, position 12")]
    [InlineData("{ \"a\": 1,\n  \"b\": { \"a\": 2 },\n  \"\\u0061\": 3 }", "line 3, position 3")]
    [InlineData("{ \"a\": 1, // comment\n }", "line 1, position 11")]
    [InlineData("{", "line 1, position 2")]
    [InlineData("", "line 1, position 1")]
    public void A_config_that_is_not_json_is_refused_at_its_line(string json, string place)
    {
        var exception = Refused(folder.Write("config.json", json));

        exception.Place.ShouldBe(place);
        exception.Message.ShouldNotContain("LineNumber");
    }

    [Theory]
    [InlineData("{ \"model_type\": \"\\ud800\" }")]
    [InlineData("{ \"model_type\": \"lla\u0000ma\" }")]
    [InlineData("[]")]
    public void A_config_that_is_json_but_no_config_is_refused(string json) =>
        Refused(folder.Write("config.json", json));

    [Fact]
    public void A_config_that_is_not_utf8_is_refused() =>
        Refused(folder.Write("config.json", [(byte)'{', (byte)'"', 0xC3, (byte)'"', (byte)'}']))
            .Found.ShouldContain("UTF-8");

    [Theory]
    [InlineData("""{ "a": "\ud800", """)]
    [InlineData("""{ "a": "\ud800", "b": "\ud800" }""")]
    public void Half_a_surrogate_pair_is_found_before_what_follows_it(string json)
    {
        var exception = Refused(folder.Write("config.json", json));

        exception.Place.ShouldBe("line 1, position 8");
        exception.Found.ShouldContain("surrogate");
    }

    [Fact]
    public void A_byte_order_mark_before_the_config_is_no_error() =>
        ModelFiles.Read(folder.Write("config.json", "\uFEFF" + TinyLlama.Config)).Architecture.HiddenSize.ShouldBe(256);

    public void Dispose() => folder.Dispose();

    private static string Index()
    {
        var first = TinyLlama.Outside.Select(tensor => $"\"{tensor.Name}\": \"model-00001-of-00002.safetensors\"");
        var second = TinyLlama
            .Layer(0)
            .Concat(TinyLlama.Layer(1))
            .Select(tensor => $"\"{tensor.Name}\": \"model-00002-of-00002.safetensors\"");
        return $$"""
            { "metadata": { "total_size": 2381312 }, "weight_map": { {{string.Join(", ", first.Concat(second))}} } }
            """;
    }

    private static BadContentException Refused(string path) =>
        Should.Throw<BadContentException>(() => ModelFiles.Read(path));
}
