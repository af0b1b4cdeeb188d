using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

public sealed class GgufModelTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_gguf_file_describes_the_same_model_as_its_config_would()
    {
        var model = Read(TinyLlama.Tensors(TinyLlama.Metadata()));

        model.Architecture.Family.ShouldBe("llama");
        model.Architecture.Tensors.Parameters.ShouldBe(TinyLlama.Parameters);
        model.Architecture.VocabularySize.ShouldBe(10);
        model.Architecture.MaximumContext.ShouldBe(512);
        model.Architecture.Layers.ShouldAllBe(layer => layer == new Mixer.Attention(4, 2, 64));
        model.Architecture.DataType.ShouldBe(BlockFormats.Fp16);
        model.Assumptions.ShouldBeEmpty();
    }

    [Fact]
    public void Every_tensor_has_the_size_it_is_stored_with()
    {
        var model = Read(TinyLlama.Tensors(TinyLlama.Metadata()));
        var stored = model.Architecture.StoredFormat.ShouldBeOfType<StoredWeightFormat>();

        stored.Name.ShouldBe("Q4_K_M");
        stored.Matrices.ShouldBe(BlockFormats.Q4_K);
        var values = model.Architecture.Tensors.Tensors.Single(tensor => tensor.Name.EndsWith("v_proj.weight"));
        stored.FormatOf(values).ShouldBe(BlockFormats.Q6_K);
        stored.SizeOf(values).Bytes.ShouldBe(2 * 26_880);
        stored.SizeOf(values with { Shape = [64, 256] }).Bytes.ShouldBe(26_880, "half of it");
        stored.Total.Bytes.ShouldBe(2 * 2_100 + 1_024 + 2 * (2 * 1_024 + 2 * 36_864 + 18_432 + 26_880 + 3 * 73_728));
        model.Architecture.Tensors.SizeIn(stored).ShouldBe(stored.Total);
        stored.Missing.ShouldBeEmpty();
        stored.Unlisted.ShouldBeEmpty();
    }

    [Fact]
    public void Without_an_output_tensor_the_embeddings_are_tied()
    {
        var model = Read(TinyLlama.Tensors(TinyLlama.Metadata(), head: false));

        model.Architecture.Tensors.Parameters.ShouldBe(TinyLlama.Parameters - 2_560);
        model.Checkpoint!.Elements.ShouldBe(TinyLlama.Parameters - 2_560);
        model.Architecture.Tensors.SizeIn(model.Architecture.StoredFormat!).ShouldBe(model.Checkpoint.Size);
    }

    [Fact]
    public void Rotation_frequencies_are_a_buffer_and_strangers_are_reported()
    {
        var model = Read(
            TinyLlama
                .Tensors(TinyLlama.Metadata())
                .Tensor("rope_freqs.weight", 0, 128, 32)
                .Tensor("blk.0.stranger.weight", 0, 4, 1)
        );
        var stored = (StoredWeightFormat)model.Architecture.StoredFormat!;

        stored
            .Unlisted.Select(entry => (entry.Tensor.Name, entry.Kind))
            .ShouldBe(
                [("rope_freqs.weight", UnlistedKind.Buffer), ("blk.0.stranger.weight", UnlistedKind.Unknown)],
                ignoreOrder: true
            );
        model.Assumptions.Single().ShouldContain("1 tensors of 4 bytes are in no known part");
    }

    [Fact]
    public void Numbers_per_layer_that_agree_hold_for_all()
    {
        var writer = new GgufWriter()
            .Add("general.architecture", "llama")
            .Add("llama.block_count", 2)
            .Add("llama.embedding_length", 256)
            .AddNumbers("llama.feed_forward_length", 512, 512)
            .AddNumbers("llama.attention.head_count", 4, 4)
            .AddNumbers("llama.attention.head_count_kv", 2, 2);

        Read(TinyLlama.Tensors(writer)).Architecture.Tensors.Parameters.ShouldBe(TinyLlama.Parameters);
    }

    [Theory]
    [InlineData(new[] { 2, 1 }, "2 in layer 0 and 1 in layer 1")]
    [InlineData(new[] { 2 }, "an array of 1 Int32")]
    [InlineData(new[] { 2, 2, 2 }, "an array of 3 Int32")]
    [InlineData(new[] { -2, -2 }, "an array of 2 Int32")]
    [InlineData(new int[0], "an array of 0 Int32")]
    [InlineData(new[] { 0, 0 }, "0")]
    public void Numbers_per_layer_that_differ_are_refused_not_guessed(int[] heads, string found)
    {
        var writer = new GgufWriter()
            .Add("general.architecture", "llama")
            .Add("llama.block_count", 2)
            .Add("llama.embedding_length", 256)
            .Add("llama.feed_forward_length", 512)
            .Add("llama.attention.head_count", 4)
            .AddNumbers("llama.attention.head_count_kv", heads);

        var exception = Refused(TinyLlama.Tensors(writer));

        exception.Place.ShouldBe("metadata \"llama.attention.head_count_kv\"");
        exception.Found.ShouldContain(found);
    }

    [Theory]
    [InlineData("llama.block_count", 3)]
    [InlineData("llama.block_count", 1)]
    [InlineData("llama.block_count", 0)]
    [InlineData("llama.embedding_length", 512)]
    [InlineData("llama.vocab_size", 11)]
    [InlineData("llama.feed_forward_length", 0)]
    [InlineData("llama.attention.head_count", 3)]
    [InlineData("llama.attention.head_count_kv", 0)]
    [InlineData("llama.attention.head_count_kv", 4)]
    [InlineData("llama.feed_forward_length", 256)]
    public void Metadata_that_contradicts_the_tensors_is_refused(string key, uint value)
    {
        var sizes = new Dictionary<string, uint>
        {
            ["llama.block_count"] = 2,
            ["llama.embedding_length"] = 256,
            ["llama.feed_forward_length"] = 512,
            ["llama.attention.head_count"] = 4,
            ["llama.attention.head_count_kv"] = 2,
            [key] = value,
        };
        var writer = new GgufWriter().Add("general.architecture", "llama");
        foreach (var (name, size) in sizes)
            writer.Add(name, size);

        Refused(TinyLlama.Tensors(writer));
    }

    [Fact]
    public void A_tokenizer_of_another_size_than_the_embedding_is_refused()
    {
        var writer = TinyLlama.Tensors(
            new GgufWriter()
                .Add("general.architecture", "llama")
                .Add("llama.block_count", 2)
                .Add("llama.embedding_length", 256)
                .AddStrings("tokenizer.ggml.tokens", 9)
        );

        Refused(writer).Place.ShouldBe("metadata \"tokenizer.ggml.tokens\"");
    }

    [Theory]
    [InlineData("clip")]
    [InlineData("nomic-bert")]
    public void An_unknown_architecture_is_refused_with_the_known_ones(string architecture) =>
        Refused(new GgufWriter().Add("general.architecture", architecture)).Expected.ShouldContain("qwen3moe");

    [Fact]
    public void Metadata_without_an_architecture_is_refused() =>
        Refused(new GgufWriter()).Place.ShouldContain("general.architecture");

    [Fact]
    public void An_adapter_is_no_model() =>
        Refused(new GgufWriter().Add("general.architecture", "llama").Add("general.type", "adapter"))
            .Place.ShouldContain("general.type");

    [Fact]
    public void Parts_are_read_together_whichever_is_named()
    {
        var first = folder.Write("tiny-00001-of-00002.gguf", Part(0).ToBytes());
        var second = folder.Write("tiny-00002-of-00002.gguf", Part(1).ToBytes());

        foreach (var path in (string[])[first, second, folder.Path])
            ModelFiles.Read(path).Architecture.Tensors.Parameters.ShouldBe(TinyLlama.Parameters);
    }

    [Fact]
    public void A_missing_part_is_named()
    {
        var first = folder.Write("tiny-00001-of-00002.gguf", Part(0).ToBytes());

        var exception = Should.Throw<BadContentException>(() => ModelFiles.Read(first));

        exception.Found.ShouldBe("part 2 of 2 is not beside it");
    }

    [Theory]
    [InlineData("tiny-00001-of-00003.gguf", "split.count")]
    [InlineData("tiny.gguf", "split.count")]
    [InlineData("tiny-00003-of-00002.gguf", "")]
    [InlineData("tiny-00000-of-00002.gguf", "")]
    public void A_part_with_another_name_than_its_number_is_refused(string name, string place)
    {
        var file = folder.Write(name, Part(0).ToBytes());
        if (name.Contains("-of-00003", StringComparison.Ordinal))
        {
            folder.Write("tiny-00002-of-00003.gguf", Part(1).ToBytes());
            folder.Write("tiny-00003-of-00003.gguf", Part(1).ToBytes());
        }

        Should.Throw<BadContentException>(() => ModelFiles.Read(file)).Place.ShouldContain(place);
    }

    [Fact]
    public void Parts_in_the_wrong_order_are_refused()
    {
        folder.Write("tiny-00001-of-00002.gguf", Part(1).ToBytes());
        var file = folder.Write("tiny-00002-of-00002.gguf", Part(0).ToBytes());

        Should.Throw<BadContentException>(() => ModelFiles.Read(file)).Place.ShouldContain("split.no");
    }

    [Fact]
    public void Two_models_in_a_folder_are_an_error_that_names_them()
    {
        var bytes = TinyLlama.Tensors(TinyLlama.Metadata()).ToBytes();
        folder.Write("a-Q4_K_M.gguf", bytes);
        folder.Write("b-Q8_0.gguf", bytes);
        folder.Write("mmproj-a.gguf", bytes);

        Should
            .Throw<BadContentException>(() => ModelFiles.Read(folder.Path))
            .Found.ShouldBe("2 times a GGUF model: a-Q4_K_M.gguf, b-Q8_0.gguf");
    }

    public void Dispose() => folder.Dispose();

    private static GgufWriter Part(int number)
    {
        var writer = new GgufWriter().Add("split.no", (uint)number).Add("split.count", 2);
        return number == 0 ? TinyLlama.Metadata(writer) : TinyLlama.Tensors(writer);
    }

    private Model Read(GgufWriter writer) => ModelFiles.Read(folder.Write("tiny.gguf", writer.ToBytes()));

    private BadContentException Refused(GgufWriter writer) => Should.Throw<BadContentException>(() => Read(writer));
}
