using System.Globalization;
using Loadline.Models;
using Shouldly;

namespace Loadline.Tests.Models.Files;

/// <summary>
/// The header of a GGUF file of real size, whose tensor data is claimed but not there. As llama.cpp's converter does,
/// matrices are bf16 and vectors fp32.
/// </summary>
internal sealed class GgufBlueprint
{
    private const uint Fp32 = 0;
    private const uint Bf16 = 30;

    private readonly GgufWriter writer = new();
    private readonly string architecture;
    private ulong offset;

    /// <param name="architecture">Value of <c>general.architecture</c>, before every key.</param>
    /// <param name="blocks">Layers, prediction layers included.</param>
    /// <param name="hidden">Width of the embedding.</param>
    /// <param name="vocabulary">Rows of the embedding.</param>
    /// <param name="head">Whether the output embedding is stored.</param>
    public GgufBlueprint(string architecture, int blocks, int hidden, int vocabulary, bool head)
    {
        this.architecture = architecture;
        writer.Add("general.architecture", architecture);
        Set("block_count", blocks).Set("embedding_length", hidden);
        Tensors($"token_embd.weight {vocabulary}x{hidden}");
        if (head)
            Tensors($"output.weight {vocabulary}x{hidden}");
    }

    /// <summary>Bytes of all tensors, without the padding between them.</summary>
    public long Bytes { get; private set; }

    public long Elements { get; private set; }

    public GgufBlueprint Set(string field, int value)
    {
        writer.Add($"{architecture}.{field}", (uint)value);
        return this;
    }

    public GgufBlueprint SetPerLayer(string field, IEnumerable<int> values)
    {
        writer.AddNumbers($"{architecture}.{field}", [.. values]);
        return this;
    }

    /// <summary>Query heads, key-value heads and their width.</summary>
    public GgufBlueprint Heads(int queries, int keys, int size) =>
        Set("attention.head_count", queries)
            .Set("attention.head_count_kv", keys)
            .Set("attention.key_length", size)
            .Set("attention.value_length", size);

    public GgufBlueprint Experts(int count, int active, int width) =>
        Set("expert_count", count).Set("expert_used_count", active).Set("expert_feed_forward_length", width);

    /// <param name="tensors">Each a name and a shape, such as <c>output_norm.weight 4096</c>; rows first.</param>
    public GgufBlueprint Tensors(params string[] tensors)
    {
        foreach (var tensor in tensors)
        {
            var parts = tensor.Split(' ');
            var shape = parts[1].Split('x').Select(size => ulong.Parse(size, CultureInfo.InvariantCulture)).ToArray();
            var elements = shape.Aggregate(1UL, (count, size) => count * size);
            var bytes = elements * (shape.Length == 1 ? 4UL : 2UL);
            writer.Info(parts[0], shape.Length == 1 ? Fp32 : Bf16, offset, [.. shape.Reverse()]);
            offset += (bytes + 31) / 32 * 32;
            Bytes += (long)bytes;
            Elements += (long)elements;
        }
        return this;
    }

    /// <summary>The same tensors in each of some layers, without <c>blk.N.</c> before their names.</summary>
    public GgufBlueprint Each(IEnumerable<int> layers, params string[] tensors)
    {
        foreach (var layer in layers)
            Tensors([.. tensors.Select(tensor => $"blk.{layer}.{tensor}")]);
        return this;
    }

    public Model Read()
    {
        var header = writer.ToBytes();
        using var stream = new LongStream(header, header.Length + (long)offset);
        return GgufFile.ReadModel(stream, "model.gguf");
    }

    /// <summary>Reads it: every tensor known, none missing, and as many bytes as the file holds.</summary>
    /// <param name="parameters">Of the language model.</param>
    /// <param name="cachePerToken">Bytes in bf16 of the layers that remember everything.</param>
    public Architecture Check(long parameters, long cachePerToken)
    {
        var architecture = Read().Architecture;

        var stored = architecture.StoredFormat.ShouldBeOfType<StoredWeightFormat>();
        stored.Missing.Select(tensor => tensor.Name).ShouldBeEmpty();
        stored
            .Unlisted.Where(tensor => tensor.Kind == UnlistedKind.Unknown)
            .Select(tensor => tensor.Tensor.Name)
            .ShouldBeEmpty();
        architecture.Tensors.Parameters.ShouldBe(parameters);
        architecture.AllParameters().ShouldBe(Elements);
        stored.Total.Bytes.ShouldBe(Bytes);
        var own = architecture.Tensors.Tensors.Where(tensor => tensor.TiedTo is null);
        own.Sum(tensor => stored.SizeOf(tensor).Bytes).ShouldBe(Bytes);
        architecture.CacheBytesPerToken().ShouldBe(cachePerToken);
        return architecture;
    }

    public BadContentException Refused() => Should.Throw<BadContentException>(Read);
}
