using Loadline.Catalog;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>One run written in either column set is one run.</summary>
public sealed class OwnColumnsTests
{
    private const string Published =
        "id,source,source_date,engine,engine_version,model,weight_format,kv_format,accelerator,accelerator_id,"
        + "accelerator_count,tp,pp,ep,dp,input_tokens,output_tokens,concurrency_or_batch,request_rate,scenario,metric,value,note";

    private const string Own =
        "id,date,engine,version,model,weights,kvCache,accelerator,devices,tensor,pipeline,expert,data,promptTokens,"
        + "outputTokens,longestOutputTokens,lengths,cachedTokens,requests,concurrency,requestsPerSecond,workload,metric,"
        + "statistic,value,prefillReplicas,prefillTensor,prefillPipeline,prefillExpert,prefillData,decodeReplicas,"
        + "decodeTensor,decodePipeline,decodeExpert,decodeData,caution";

    private static readonly CatalogReader Catalog = new();

    // A length of which the source gives the upper end, milliseconds, and pools that only the note tells of.
    [Theory]
    [InlineData(
        "x-1,InferenceX,2026-01,vllm,0.19.0,meta-llama/Llama-3.1-8B,fp8,,,nvidia-h100-sxm-80gb,1,1,1,,,1000,500,16,closed-loop,server,tpot_ms_mean_or_median,9,",
        "x-1,2026-01,vllm,0.19.0,meta-llama/Llama-3.1-8B,fp8,,nvidia-h100-sxm-80gb,1,1,1,,,1000,500,,0.8-1.0 of nominal,,,16,,server,timePerTokenSeconds,unstated,0.009,,,,,,,,,,,"
    )]
    [InlineData(
        "x-1,vendor,2026-01,vllm,0.19.0,meta-llama/Llama-3.1-8B,fp8,,,nvidia-h100-sxm-80gb,1,1,1,,,1000,500,16,,offline-throughput,e2e_ms,9000,",
        "x-1,2026-01,vllm,0.19.0,meta-llama/Llama-3.1-8B,fp8,,nvidia-h100-sxm-80gb,1,1,1,,,1000,500,,,,,16,,batch,endToEndSeconds,,9,,,,,,,,,,,"
    )]
    [InlineData(
        "x-1,vendor,2026-01,sglang,0.5.6,Qwen/Qwen3-8B,bf16,,,nvidia-h100-sxm-80gb,1,1,1,,,512,256,16,inf,server,output_tok_s_total,900,n_requests=80; dataset nominal 1000/1000",
        "x-1,2026-01,sglang,0.5.6,Qwen/Qwen3-8B,bf16,,nvidia-h100-sxm-80gb,1,1,1,,,512,256,1000,,,80,16,,server,outputTokensPerSecond,,900,,,,,,,,,,,"
    )]
    [InlineData(
        "x-1,vendor,2026-01,trtllm,1.1.0,Qwen/Qwen3-32B,fp8,,,nvidia-h200-sxm-141gb,5,,,,,1024,1024,64,closed-loop,server-disagg,ttft_ms_mean,200,prefill_num_workers=1; prefill_tp_size=1; decode_num_workers=2; decode_tp_size=2; decode_moe_ep_size=0",
        "x-1,2026-01,trtllm,1.1.0,Qwen/Qwen3-32B,fp8,,nvidia-h200-sxm-141gb,5,,,,,1024,1024,,,,,64,,disaggregated,timeToFirstTokenSeconds,mean,0.2,1,1,1,1,1,2,2,1,1,1,"
    )]
    public void A_run_is_predicted_alike_in_both(string published, string own)
    {
        var one = Case($"{Published}\n{published}\n");
        var other = Case($"{Own}\n{own}\n");

        one.Refused.ShouldBeNull();
        other.Refused.ShouldBeNull();
        (other.Predicted!.Value.Value / other.Measured).ShouldBe(one.Predicted!.Value.Value / one.Measured, 1e-9);
        (other.Predicted.Value.Low / other.Measured).ShouldBe(one.Predicted.Value.Low / one.Measured, 1e-9);
        other.Predicted.Value.Evidence.ShouldBe(one.Predicted.Value.Evidence);
    }

    [Fact]
    public void A_row_that_contradicts_itself_is_left_out_and_counted()
    {
        var answer = Score(
            $"{Own}\nx-1,2026-01,vllm,0.19.0,meta-llama/Llama-3.1-8B,fp8,,nvidia-h100-sxm-80gb,1,1,1,,,1000,500,,,,,16,,server,timePerTokenSeconds,mean,0.009,,,,,,,,,,,beyond the peak\n"
        );

        answer.Cases!.Value.ShouldBeEmpty();
        answer.Excluded.ShouldHaveSingleItem().Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("serving", "timePerTokenSeconds", "mean", "column workload")]
    [InlineData("server", "tpot_ms_mean", "", "column metric")]
    [InlineData("server", "timePerTokenSeconds", "p99", "column metric")]
    public void A_word_that_is_not_ours_is_named_with_its_place(
        string workload,
        string metric,
        string statistic,
        string place
    ) =>
        Should
            .Throw<BadContentException>(() =>
                Score(
                    $"{Own}\nx-1,2026-01,vllm,0.19.0,meta-llama/Llama-3.1-8B,fp8,,nvidia-h100-sxm-80gb,1,1,1,,,1000,500,,,,,16,,{workload},{metric},{statistic},0.009,,,,,,,,,,,\n"
                )
            )
            .Message.ShouldContain($"line 2, {place}");

    [Theory]
    [InlineData("0", "1", "1000", "16", "column devices")]
    [InlineData("1", "-2", "1000", "16", "column tensor")]
    [InlineData("1", "1.5", "1000", "16", "column tensor")]
    [InlineData("1", "1", "1e12", "16", "column promptTokens")]
    [InlineData("1", "1", "1000", "0", "column concurrency")]
    public void A_count_that_no_run_has_is_named_with_its_place(
        string devices,
        string tensor,
        string prompt,
        string concurrency,
        string place
    ) =>
        Should
            .Throw<BadContentException>(() =>
                Score(
                    $"{Own}\nx-1,2026-01,vllm,0.19.0,meta-llama/Llama-3.1-8B,fp8,,nvidia-h100-sxm-80gb,{devices},{tensor},1,,,{prompt},500,,,,,{concurrency},,server,timePerTokenSeconds,mean,0.009,,,,,,,,,,,\n"
                )
            )
            .Message.ShouldContain($"line 2, {place}");

    private static ScoredCase Case(string rows) => Score(rows).Cases!.Value.ShouldHaveSingleItem();

    private static ValidationAnswer Score(string rows)
    {
        using var text = new StringReader(rows);
        return Validation.Of(CsvTable.Read("rows.csv", text), Catalog, new ModelSource(Catalog), withCases: true);
    }
}
