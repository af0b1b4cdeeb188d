using Loadline.Catalog;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

public sealed class TrainingScoringTests
{
    private const string Heading =
        "id,source,date,framework,version,config,setup,method,variant,model,model_id,params,active_params,trainable_params,layers,hidden,heads,kv_heads,head_dim,ffn,vocab,experts,precision,base_weights,optimizer,parallelism,dp,tp,pp,vp,ep,cp,zero_stage,zero_group,offload,accelerator,accelerator_id,count,seq_len,seq_len_mean,packing,global_batch,micro_batch,grad_accum,tokens_per_step,checkpointing,lora_rank,lora_targets,rollouts_per_step,gen_len_mean,policy_lag,tokens_total,metric,value,unit,scope,flop_convention,primary,scorable,why_not,note";

    /// <summary>mosaicml/llm-foundry, scripts/train/benchmarking/README.md: MPT-30b on 512 H100.</summary>
    private const string Mpt =
        "{0},mosaicml/llm-foundry,2024-04-22,llm-foundry,,c1,s1,pretrain,,MPT-30b,,29975214080,29975214080,,48,7168,56,56,128,28672,50368,,bf16,,,FSDP,512,1,1,,1,1,3,,,h100_80gb,nvidia-h100-sxm-80gb,512,2048,,fixed,4096,8,1,8388608,full,,,,,,,{1},{2},x,per_gpu,{3},{4},yes,,";

    /// <summary>huggingface/peft, method_comparison: LoRA of rank 32 and full fine-tuning.</summary>
    private const string Peft =
        "{0},huggingface/peft,2026-05-01,peft,,{0},{0},{1},,meta-llama/Llama-3.2-3B,meta-llama/Llama-3.2-3B-Instruct,3221924864,,{2},28,3072,24,8,128,8192,128256,,bf16,bf16,AdamW,,1,1,1,,1,1,0,,,L40S,nvidia-l40s-48gb,1,768,209.9,no,4,4,1,,none,32,\"['v_proj', 'q_proj']\",,,,,{3},{4},bytes,config,,yes,yes,,";

    [Fact]
    public void Columns_of_training_measurements_are_recognised_and_scored()
    {
        var answer = Score(
            Row(Mpt, "T1", "tokens_s_per_gpu", "2115", "", "yes"),
            Row(Mpt, "T2", "mfu_percent", "40.27", "\"6N+12Lds (non-causal), N with embeddings\"", "no"),
            Row(Peft, "T3", "lora", "9175040", "mean_mem_allocated_bytes", "6924460000"),
            Row(Peft, "T4", "full", "3212749824", "mean_mem_allocated_bytes", "26064400000")
        );

        answer.Kind.ShouldBe("training");
        var operations = answer.Metrics.Single(metric => metric.Name == "operations, llm-foundry");
        operations.MedianAbsoluteError!.Value.ShouldBeLessThan(0.002);
        var memory = answer.Metrics.Single(metric => metric.Name == "mean allocated memory");
        memory.Count.ShouldBe(2);
        memory.P90AbsoluteError!.Value.ShouldBeLessThan(0.01);
        var rate = answer.Metrics.Single(metric => metric.Name == "full training rate");
        rate.Count.ShouldBe(1);
        rate.Coverage90.ShouldBe(1);
        rate.MedianHalfWidth!.Value.ShouldBe(Constants.Errors["fullTime"].Factor, 1e-9);
        answer.Slices.ShouldContain(slice => slice.Name == "full training rate, source llm-foundry");
    }

    [Fact]
    public void A_setup_that_ran_out_of_memory_is_counted_where_it_would_have_been_said_to_fit()
    {
        // Full fine-tuning of Llama-3.2-3B does not fit 24 GB, which the row has as measured; LoRA with 4 x 768 does fit 48 GB.
        var answer = Score(
            Row(Peft, "T1", "full", "3212749824", "fits", "0")
                .Replace("nvidia-l40s-48gb", "nvidia-l4-24gb", StringComparison.Ordinal),
            Row(Peft, "T2", "lora", "9175040", "fits", "0")
        );

        var figure = answer.Figures.Single();
        figure.Count.ShouldBe(2);
        figure.Share.ShouldBe(0.5);
    }

    [Fact]
    public void What_is_not_known_is_refused_and_counted()
    {
        var answer = Score(
            Row(Mpt, "T1", "tokens_s_per_gpu", "2115", "", "yes")
                .Replace(",llm-foundry,", ",own trainer,", StringComparison.Ordinal)
        );

        answer.Metrics.Single().Refused.ShouldBe(1);
        answer.RefusedReasons.Single().Rule.ShouldStartWith("training framework \"own trainer\" is not known");
    }

    private static readonly CatalogReader Catalog = new();

    private static TrainingConstants Constants => Catalog.Training.All[0];

    private static string Row(string form, params object[] values) =>
        string.Format(System.Globalization.CultureInfo.InvariantCulture, form, values);

    private static ValidationAnswer Score(params string[] rows)
    {
        using var text = new StringReader(Heading + "\n" + string.Join('\n', rows));
        return Validation.Of(CsvTable.Read("training.csv", text), Catalog, new ModelSource(Catalog), withCases: false);
    }
}
