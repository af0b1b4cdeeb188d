using System.Text.Json.Nodes;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

public sealed class GgufOutputTests
{
    [Theory]
    [InlineData("F16")]
    [InlineData("BF16")]
    [InlineData("Q8_0")]
    [InlineData("Q4_0")]
    [InlineData("Q4_K_S")]
    [InlineData("Q4_K_M")]
    [InlineData("Q5_K_M")]
    [InlineData("Q6_K")]
    [InlineData("IQ4_NL")]
    public void The_bytes_that_are_planned_for_are_the_bytes_that_are_written(string mix)
    {
        using var checkpoint = new Checkpoint();
        var file = checkpoint.Output($"{mix}.gguf");
        var architecture = ModelFiles.Read(TestModels.Llama).Architecture;
        var report = Checkpoint.Quantize(new QuantizationRequest(TestModels.Llama, mix, file));

        var planned = architecture
            .Tensors.Tensors.Where(tensor => tensor.TiedTo is null)
            .Sum(tensor => GgufMix.Find(mix, architecture)!.SizeOf(tensor).Bytes);
        var written = GgufHeader.Read(file);
        written.Tensors.Sum(tensor => tensor.Bytes).ShouldBe(planned);
        report.BytesOut.ShouldBe(planned);
        written.Metadata.Size("general.file_type").ShouldNotBeNull();
        ModelFiles.Read(file).Architecture.Tensors.Parameters.ShouldBe(architecture.Tensors.Parameters);
    }

    [Fact]
    public void Rotary_pairs_of_llama_lie_side_by_side()
    {
        using var checkpoint = Checkpoint.Llama();
        var file = checkpoint.Output("out.gguf");
        Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "F32", file));

        using var before = SafetensorsStore.Open(checkpoint.Folder);
        using var after = GgufStore.Open(file);
        var source = Checkpoint.Numbers(before, "model.layers.0.self_attn.q_proj.weight");
        var target = Checkpoint.Numbers(after, "blk.0.attn_q.weight");
        // 4 heads of 16: rows 0, 1, 2 of the second head (16, 17, 18) come from its rows 0, 8, 1.
        Row(target, 16).ShouldBe(Row(source, 16));
        Row(target, 17).ShouldBe(Row(source, 24));
        Row(target, 18).ShouldBe(Row(source, 17));
        Checkpoint
            .Numbers(after, "blk.0.attn_v.weight")
            .ShouldBe(Checkpoint.Numbers(before, "model.layers.0.self_attn.v_proj.weight"));

        static float[] Row(float[] matrix, int row) => matrix[(row * 64)..((row + 1) * 64)];
    }

    [Fact]
    public void Qwen_keeps_the_order_of_its_rows()
    {
        using var checkpoint = Checkpoint.Llama(
            type: "qwen3",
            change: config => config["head_dim"] = 16,
            weights: all =>
            {
                all["model.layers.0.self_attn.q_norm.weight"] = ([16], new float[16]);
                all["model.layers.0.self_attn.k_norm.weight"] = ([16], new float[16]);
            }
        );
        var file = checkpoint.Output("out.gguf");
        Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "F32", file));

        using var before = SafetensorsStore.Open(checkpoint.Folder);
        using var after = GgufStore.Open(file);
        after.Metadata.Text("general.architecture").ShouldBe("qwen3");
        Checkpoint
            .Numbers(after, "blk.0.attn_q.weight")
            .ShouldBe(Checkpoint.Numbers(before, "model.layers.0.self_attn.q_proj.weight"));
    }

    [Fact]
    public void Experts_become_one_tensor_in_their_order()
    {
        using var checkpoint = Checkpoint.Llama(
            type: "qwen3_moe",
            change: config =>
            {
                config["head_dim"] = 16;
                config["num_experts"] = 12;
                config["num_experts_per_tok"] = 2;
                config["moe_intermediate_size"] = 8;
                config["decoder_sparse_step"] = 1;
                config["mlp_only_layers"] = new JsonArray();
            },
            weights: all =>
            {
                foreach (var name in (string[])["gate_proj", "up_proj", "down_proj"])
                    all.Remove($"model.layers.0.mlp.{name}.weight");
                all["model.layers.0.self_attn.q_norm.weight"] = ([16], new float[16]);
                all["model.layers.0.self_attn.k_norm.weight"] = ([16], new float[16]);
                all["model.layers.0.mlp.gate.weight"] = ([12, 64], new float[12 * 64]);
                foreach (var expert in Enumerable.Range(0, 12))
                {
                    var prefix = $"model.layers.0.mlp.experts.{expert}";
                    all[$"{prefix}.gate_proj.weight"] = ([8, 64], Filled(8 * 64, expert));
                    all[$"{prefix}.up_proj.weight"] = ([8, 64], Filled(8 * 64, expert + 0.5f));
                    all[$"{prefix}.down_proj.weight"] = ([64, 8], Filled(8 * 64, -expert));
                }
            }
        );
        var file = checkpoint.Output("out.gguf");
        Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "F16", file));

        using var store = GgufStore.Open(file);
        store.Find("blk.0.ffn_up_exps.weight")!.Value.Shape.ShouldBe([12L, 8L, 64L]);
        var up = Checkpoint.Numbers(store, "blk.0.ffn_up_exps.weight");
        Enumerable
            .Range(0, 12)
            .ShouldAllBe(expert => up[expert * 512] == expert + 0.5f && up[expert * 512 + 511] == expert + 0.5f);
        store.Metadata.Size("qwen3moe.expert_count").ShouldBe(12);
        store.Find("blk.0.ffn_gate_inp.weight")!.Value.Format.ShouldBe(BlockFormats.Fp32);

        static float[] Filled(int count, float value) => [.. Enumerable.Repeat(value, count)];
    }

    [Fact]
    public void The_stretching_of_llama_3_is_a_table_of_divisors()
    {
        using var checkpoint = Checkpoint.Llama(change: config =>
        {
            config["head_dim"] = 16;
            config["rope_theta"] = 500_000.0;
            config["rope_scaling"] = new JsonObject
            {
                ["rope_type"] = "llama3",
                ["factor"] = 8.0,
                ["low_freq_factor"] = 1.0,
                ["high_freq_factor"] = 4.0,
                ["original_max_position_embeddings"] = 8192,
            };
        });
        var file = checkpoint.Output("out.gguf");
        Checkpoint.Quantize(new QuantizationRequest(checkpoint.Folder, "F16", file));

        using var store = GgufStore.Open(file);
        var divisors = Checkpoint.Numbers(store, "rope_freqs.weight");
        divisors.Length.ShouldBe(8);
        // Wavelengths 2 pi x 500,000^(i/8): 6.28 ... 864 are below 8,192 / 4 and stay; i = 4 has 4,443, in between:
        // smooth = (8,192 / 4,443 - 1) / 3 = 0.28129, divisor 1 / (0.71871 / 8 + 0.28129) = 2.694; from i = 5, whose
        // wavelength is 22,910, all are divided by 8.
        divisors[..4].ShouldAllBe(divisor => divisor == 1);
        divisors[4].ShouldBe(2.694f, tolerance: 0.002);
        divisors[5..].ShouldAllBe(divisor => divisor == 8);
    }

    [Fact]
    public void Metadata_of_a_gguf_file_is_kept_and_its_format_is_new()
    {
        using var checkpoint = new Checkpoint();
        var full = checkpoint.Output("full.gguf");
        var small = checkpoint.Output("small.gguf");
        Checkpoint.Quantize(new QuantizationRequest(TestModels.Llama, "F16", full));
        Checkpoint.Quantize(new QuantizationRequest(full, "Q8_0", small));

        var before = GgufHeader.Read(full);
        var after = GgufHeader.Read(small);
        after.Metadata.Count.ShouldBe(before.Metadata.Count);
        after.Metadata.Find("tokenizer.ggml.tokens")!.Value.Count.ShouldBe(1024);
        after.Metadata.Text("general.name").ShouldBe("llama-tiny");
        after.Metadata.Size("general.file_type").ShouldBe(7); // Q8_0
        // The same numbers in between, so the same blocks as straight from the checkpoint in fp16.
        after.Tensors.Select(tensor => tensor.Name).ShouldBe(before.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Some_layers_have_a_format_of_their_own()
    {
        using var checkpoint = new Checkpoint();
        var file = checkpoint.Output("out.gguf");
        Checkpoint.Quantize(
            new QuantizationRequest(TestModels.Llama, "Q4_0", file)
            {
                Layers = [new("ffn_down", "Q6_K"), new("v_proj", "Q8_0")],
                Keep = ["blk.1.attn_q"],
            }
        );

        var formats = GgufHeader.Read(file).Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Format.Name);
        formats["blk.2.ffn_down.weight"].ShouldBe("Q6_K");
        formats["blk.0.attn_v.weight"].ShouldBe("Q8_0");
        formats["blk.0.ffn_up.weight"].ShouldBe("Q4_0");
        // Kept as the checkpoint has it.
        formats["blk.1.attn_q.weight"].ShouldBe("bf16");
    }

    [Fact]
    public void Rows_that_do_not_fit_a_block_fall_back_and_are_reported()
    {
        // 64 features are no block of 256: Q4_K falls back to Q5_0, which is not written, Q6_K to Q8_0.
        using var checkpoint = Checkpoint.Llama();
        var report = Checkpoint.Quantize(
            new QuantizationRequest(checkpoint.Folder, "Q4_K_M", checkpoint.Output("out.gguf"))
        );

        report.Tensors.Select(tensor => tensor.Format).Distinct().Order().ShouldBe(["Q8_0", "fp32"]);
        report.Notes.ShouldContain(note => note.Contains("rows of 64 do not divide into blocks of 256"));
    }

    [Fact]
    public void An_architecture_without_a_gguf_name_is_refused_with_those_that_have_one()
    {
        using var checkpoint = new Checkpoint();
        var thrown = Should.Throw<BadContentException>(() =>
            Checkpoint.Quantize(new QuantizationRequest(TestModels.Opt, "Q8_0", checkpoint.Output("out.gguf")))
        );

        thrown.Message.ShouldContain("\"opt\"");
        thrown.Message.ShouldContain("llama, mistral, mixtral, qwen2, qwen3, qwen3_moe");
        Directory.Exists(checkpoint.Output("out.gguf")).ShouldBeFalse();
    }
}
