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
    [InlineData("{\n  \"a\": NaN }", "line 2, position 8")]
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
