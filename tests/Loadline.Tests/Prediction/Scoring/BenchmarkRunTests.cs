using Loadline.Catalog;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>What published runs leave unsaid and their benchmarks or tables tell.</summary>
public sealed class BenchmarkRunTests
{
    private const string Header =
        "id,source,source_date,engine,engine_version,model,weight_format,kv_format,accelerator,accelerator_id,"
        + "accelerator_count,tp,pp,ep,dp,input_tokens,output_tokens,concurrency_or_batch,request_rate,scenario,metric,value,note";

    private static readonly CatalogReader Catalog = new();

    // 99 of 100 requests of MLPerf's Llama 2 70B take at most 200 ms a token; their mean is three quarters of it.
    [Theory]
    [InlineData(60)]
    [InlineData(110)]
    public void A_rate_raised_to_a_limit_takes_what_the_limit_allows(int rate) =>
        Predicted(
                $"x-1,MLCommons,2025-09,trtllm,1.0,meta-llama/Llama-2-70b-chat-hf,fp8,fp8,,nvidia-h200-sxm-141gb,8,,,,,222,290,,{rate},server,tpot_ms_mean,165,MLPerf Inference v5.1; benchmark=llama2-70b-99.9"
            )
            .ShouldBe(150, 1e-6);

    [Fact]
    public void Fewer_requests_than_the_cache_holds_come_out_slower()
    {
        Of(200).ShouldBeLessThan(Of(3000));
        // Many more make no difference but for the last batch.
        (Of(100_000) / Of(1_000_000)).ShouldBe(1, 0.02);

        static double Of(int requests) =>
            Predicted(
                $"x-1,vendor,2025-08,trtllm,1.0,meta-llama/Llama-3.1-8B-Instruct,fp8,fp8,,nvidia-h100-sxm-80gb,1,1,1,,1,128,2048,max,inf,offline-throughput,output_tok_s_total,1000,num_requests={requests}"
            );
    }

    [Fact]
    public void Experts_split_over_more_devices_than_a_server_has_are_a_sum_of_pools()
    {
        var sum = Predicted(Row("20,1,1,1", "server", ""));
        var pools = Predicted(
            Row(
                ",,,",
                "server-disagg",
                "prefill_num_workers=1; prefill_tp_size=1; prefill_attention_dp_size=4; prefill_moe_ep_size=4; decode_num_workers=1; decode_tp_size=1; decode_attention_dp_size=16; decode_moe_ep_size=16"
            )
        );
        sum.ShouldBe(pools, 1e-9);

        static string Row(string degrees, string scenario, string note) =>
            $"x-1,vendor,2025-11,trtllm,1.1.0,deepseek-ai/DeepSeek-R1,nvfp4,,,nvidia-gb200-186gb,20,{degrees},1024,1024,1075,closed-loop,{scenario},tpot_ms_mean,20,{note}";
    }

    [Fact]
    public void Prefill_replicas_that_are_not_stated_keep_up()
    {
        // One replica of four devices would take minutes for the prompts of two thousand users.
        Predicted(
                "x-1,vendor,2025-11,sglang,0.5.5,deepseek-ai/DeepSeek-R1,fp8,,,nvidia-gb200-186gb,40,,,,,8192,1024,2048,closed-loop,server-disagg,ttft_ms_mean,5000,prefill_tp_size=8; prefill_moe_ep_size=8; decode_tp_size=32; decode_moe_ep_size=1"
            )
            .ShouldBeLessThan(30_000);
    }

    private static double Predicted(string row)
    {
        using var text = new StringReader($"{Header}\n{row}\n");
        var answer = Validation.Of(CsvTable.Read("x.csv", text), Catalog, new ModelSource(Catalog), withCases: true);
        var one = answer.Cases!.Value.ShouldHaveSingleItem();
        one.Refused.ShouldBeNull();
        return one.Predicted!.Value.Value;
    }
}
