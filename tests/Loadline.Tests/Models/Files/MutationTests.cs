using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

/// <summary>Sound files with bytes changed, cut and doubled: whatever comes, only the named exception.</summary>
public sealed class MutationTests
{
    private const int Mutations = 20_000;

    /// <summary>Buffers, messages and exceptions, which do not grow with the file.</summary>
    private const long Allowance = 200_000;

    [Fact]
    public void A_mutated_safetensors_file_is_read_or_refused_within_bounded_memory()
    {
        var file = SafetensorsWriter.Write(
            ("model.embed_tokens.weight", "BF16", 2, [8, 4]),
            ("model.layers.0.mlp.up_proj.weight", "F32", 4, [2, 2]),
            ("model.norm.weight", "F16", 2, [4])
        );

        Mutate(file, mutated => SafetensorsHeader.Read(new MemoryStream(mutated), "mutated.safetensors"));
    }

    [Fact]
    public void A_mutated_gguf_file_is_read_or_refused_within_bounded_memory()
    {
        var file = new GgufWriter()
            .Add("general.architecture", "llama")
            .Add("llama.block_count", 1)
            .AddNumbers("llama.attention.head_count", 4, 4)
            .AddStrings("tokenizer.ggml.tokens", 8)
            .Tensor("token_embd.weight", 12, 144, 1, 256)
            .Tensor("blk.0.attn_q.weight", 0, 64, 4, 4)
            .ToBytes();

        Mutate(file, mutated => GgufHeader.Read(new MemoryStream(mutated), "mutated.gguf"));
    }

    [Fact]
    public void A_mutated_configuration_is_described_or_refused_within_bounded_memory()
    {
        var file =
            """
            { "model_type": "llama", "hidden_size": 64, "vocab_size": 100, "num_hidden_layers": 2,
              "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 128,
              "max_position_embeddings": 512, "tie_word_embeddings": false, "torch_dtype": "bfloat16" }
            """u8.ToArray();

        Mutate(
            file,
            mutated =>
            {
                var config = new ModelConfig("mutated.json", JsonFile.Parse(mutated, "mutated.json"));
                // A mutation may well ask for 2^30 layers; describing those is the family's business, not the reader's.
                _ = config.OptionalText("model_type");
                _ = config.OptionalSize("hidden_size");
                _ = config.OptionalText("torch_dtype");
            }
        );
    }

    private static void Mutate(byte[] sound, Action<byte[]> read)
    {
        var random = new Random(20_260_713);
        read(sound);
        for (var i = 0; i < Mutations; i++)
        {
            var mutated = MutateOnce(sound, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                read(mutated);
            }
            catch (BadContentException exception)
            {
                exception.Message.ShouldNotContain('\n');
            }
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            allocated.ShouldBeLessThan(4L * mutated.Length + Allowance, $"mutation {i}");
        }
    }

    private static byte[] MutateOnce(byte[] sound, Random random)
    {
        var bytes = sound.ToList();
        for (var change = random.Next(1, 5); change > 0 && bytes.Count > 0; change--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 9)));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(1, 33))));
                    break;
                case 4:
                    for (var i = at; i < Math.Min(at + 8, bytes.Count); i++)
                        bytes[i] = 0xFF;
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }
        return [.. bytes];
    }
}
