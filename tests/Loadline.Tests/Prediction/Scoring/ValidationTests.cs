using Loadline.Catalog;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>A few published measurements, row by row; the whole files are scored by <c>loadline validate</c>.</summary>
public sealed class ValidationTests
{
    private static readonly CatalogReader Catalog = new();

    [Fact]
    public void TensorRt_llm_holds_the_sequences_its_own_test_suite_measured()
    {
        // ai-dynamo/aiconfigurator tests/integration/test_trtllm_kv_cache_capacity.py, 2026-08-21.
        const string Rows = """
            engine,accelerator,model,tp,free_memory_fraction,max_seq_len,max_num_tokens,kv_format,max_sequences
            trtllm,h100_sxm,Qwen/Qwen3-32B-FP8,1,0.8,5096,4096,bf16,27
            trtllm,h100_sxm,Qwen/Qwen3-32B-FP8,2,0.8,7144,8192,bf16,53
            trtllm,gb300,Qwen/Qwen3-32B-FP8,4,0.9,9192,8192,bf16,419
            trtllm,h100_sxm,meta-llama/Meta-Llama-3.1-8B,4,0.8,5096,4096,bf16,363
            """;

        foreach (var item in Score(Rows).Cases!.Value)
            item.Predicted!.Value.Value.ShouldBe(item.Measured, Math.Max(1, 0.02 * item.Measured));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("")]
    public void A_measurement_that_is_none_is_named_with_its_place(string measured) =>
        Should
            .Throw<BadContentException>(() =>
                Score(
                    "engine,accelerator,model,tp,free_memory_fraction,max_seq_len,max_num_tokens,kv_format,max_sequences\n"
                        + $"trtllm,h100_sxm,Qwen/Qwen3-32B-FP8,1,0.8,5096,4096,bf16,{measured}\n"
                )
            )
            .Message.ShouldContain("line 2, column max_sequences");

    [Fact]
    public void Logged_caches_and_files_are_met_to_a_thousandth()
    {
        // llama.cpp and ik_llama.cpp start-up logs and file lists: XiongjieDai/GPU-Benchmarks-on-LLM-Inference (2024-05),
        // ikawrakow/ik_llama.cpp discussion 258 (2025), ggml-org/llama.cpp examples/perplexity/README.md (2024-05).
        const string Rows = """
            id,engine,model_id,weight_format,kv_format,k_format,v_format,ctx,mla_mode,flash_attention,device,offload_layers,metric,value_bytes_or_tokens,scorable,note
            1,llama.cpp,meta-llama/Meta-Llama-3-8B,Q4_K_M,f16,f16,f16,8192,,0,cuda0,33/33,kv_cache_device,1073741824,yes,
            2,ik_llama.cpp,deepseek-ai/DeepSeek-R1,Q8_0,q8_0,q8_0,none,2048,2,1,total,,kv_cache_total,76451676,yes,
            3,ik_llama.cpp,deepseek-ai/DeepSeek-R1,F16,f16,f16,f16,512,0,0,total,,kv_cache_total,2558525440,yes,
            4,llama.cpp,meta-llama/Meta-Llama-3-8B,Q4_K_M,,,,,,,cpu,33/33,model_buffer,295499203,yes,
            5,gguf file,meta-llama/Meta-Llama-3-8B,F16,,,,,,,total,,gguf_file_bytes,16073915105,yes,
            6,llama.cpp,,,f32 state,,,,,,total,,state_total,210763776,yes,"4 cells: R 9 + S 192; bytes equal those of Qwen/Qwen3.5-9B in the stated layers"
            """;

        foreach (var item in Score(Rows).Cases!.Value)
        {
            item.Refused.ShouldBeNull();
            item.AbsoluteError!.Value.ShouldBeLessThan(0.001, item.Id);
        }
    }

    [Fact]
    public void A_row_that_is_not_scorable_is_left_out_by_its_reason()
    {
        const string Rows = """
            engine,model_id,weight_format,device,metric,value_bytes_or_tokens,scorable,why_not
            llama.cpp,gpt2,F16,total,gguf_file_bytes,1,no,"offload not stated"
            """;

        var answer = Score(Rows);

        answer.Cases!.Value.ShouldBeEmpty();
        answer.Excluded.ShouldHaveSingleItem().Rule.ShouldBe("not scorable: offload not stated");
    }

    [Fact]
    public void An_unknown_model_is_refused_and_counted()
    {
        const string Rows = """
            engine,model,scenario,metric,value,concurrency_or_batch,weight_format,accelerator_id
            vllm,nobody/nothing,server,tpot_ms_mean,12,1,bf16,nvidia-h100-sxm-80gb
            """;

        var metric = Score(Rows).Metrics.ShouldHaveSingleItem();

        metric.Rows.ShouldBe(0);
        metric.Refused.ShouldBe(1);
    }

    [Fact]
    public void Columns_of_no_kind_are_refused() =>
        Should.Throw<BadContentException>(() => Score("a,b\n1,2\n")).Message.ShouldContain("columns of no known kind");

    private static ValidationAnswer Score(string rows)
    {
        using var text = new StringReader(rows);
        return Validation.Of(CsvTable.Read("rows.csv", text), Catalog, new ModelSource(Catalog), withCases: true);
    }
}
