using Loadline.Catalog;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>Runs on a machine whose own figures stand in the same file.</summary>
public sealed class MachineRunTests
{
    private const string Heading =
        "id,date,engine,version,model_arch_facts,weight_format,accelerator,threads,input_tokens,output_tokens,batch,metric,value";

    private const string Machine = "\"AMD EPYC Zen 5 VM, 2 vCPU, 24 GB\"";
    private const string Model =
        "\"synthetic llama 373,867,520 params; d=1024 L=24 ff=2816 H=16 KV=16 V=32000 untied\"";
    private const string Engine = "\"llama.cpp (binary, zen4 back end)\",0.7.0 build 11669";

    // Read bandwidth and rates of two cores, measured 2026-11-23.
    private const string Figures = $"""
        1,2026-11-23,hardware,gcc,none,,{Machine},2,,,,read_bandwidth,83.1
        2,2026-11-23,hardware,gcc,none,,{Machine},2,,,,peak_fp32_fma,544.9
        3,2026-11-23,hardware,gcc,none,,{Machine},2,,,,peak_bf16_dot,1019.1
        4,2026-11-23,hardware,gcc,none,,{Machine},2,,,,peak_int8_vnni,2172.5
        """;

    // A token reads every matrix but the input embedding once: (373,867,520 - 32,000 x 1,024) x 2 bytes in fp16.
    [Fact]
    public void A_token_takes_at_least_the_time_to_read_the_weights_at_the_measured_bandwidth()
    {
        const double Weights = (373_867_520 - 32_000L * 1_024) * 2.0;

        var decode = Score(
            $"5,2026-11-23,{Engine},{Model},F16,{Machine},2,0,128,1,decode_tokens_per_s,51.9"
        ).Cases!.Value[0];

        decode.Refused.ShouldBeNull();
        decode.Predicted!.Value.Value.ShouldBeInRange(0.4 * 83.1e9 / Weights, 83.1e9 / Weights);
    }

    // Two operations for each of those weights and token, at the highest measured rate.
    [Fact]
    public void A_prompt_takes_at_least_the_time_to_multiply_it_at_the_measured_rate()
    {
        const double Operations = 2.0 * (373_867_520 - 2 * 32_000L * 1_024);

        var prefill = Score(
            $"5,2026-11-23,{Engine},{Model},Q4_0,{Machine},2,512,0,1,prefill_tokens_per_s,649"
        ).Cases!.Value[0];

        prefill.Predicted!.Value.Value.ShouldBeInRange(0.05 * 2172.5e9 / Operations, 2172.5e9 / Operations);
    }

    [Fact]
    public void A_run_with_threads_that_were_not_measured_is_refused() =>
        Score($"5,2026-11-23,{Engine},{Model},F16,{Machine},7,0,128,1,decode_tokens_per_s,51.9")
            .Cases!.Value[0]
            .Refused.ShouldBe("no figures of the machine with 7 threads");

    [Fact]
    public void Sizes_that_do_not_add_up_to_the_stated_parameters_are_refused() =>
        Score(
            $"5,2026-11-23,{Engine},\"9,000 params; d=1024 L=24 ff=2816 H=16 KV=16 V=32000 untied\",F16,{Machine},2,0,128,1,decode_tokens_per_s,51.9"
        )
            .Cases!.Value[0]
            .Refused.ShouldNotBeNull()
            .ShouldContain("373867520 params");

    [Fact]
    public void What_is_no_run_of_a_model_is_left_out_by_rule()
    {
        var answer = Score($"5,2026-11-23,{Engine},{Model},Q4_K (pure),{Machine},2,,,,quantize_input_GB_per_s,0.048");

        answer.Cases!.Value.ShouldBeEmpty();
        answer.Excluded.Sum(rule => rule.Count).ShouldBe(5);
    }

    private static ValidationAnswer Score(string row)
    {
        var catalog = new CatalogReader();
        using var text = new StringReader($"{Heading}\n{Figures}\n{row}\n");
        return Validation.Of(CsvTable.Read("rows.csv", text), catalog, new ModelSource(catalog), withCases: true);
    }
}
