using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>What rows of published runs name, and how it is understood.</summary>
public sealed class InferenceRowTests
{
    private const string Heading =
        "id,source_date,engine,engine_version,model,weight_format,kv_format,accelerator,accelerator_id,accelerator_count,"
        + "tp,pp,dp,input_tokens,output_tokens,concurrency_or_batch,request_rate,scenario,metric,value";

    private static readonly CatalogReader Catalog = new();

    // One row of each kind that a source writes; the measured value is beside the point.
    [Theory]
    [InlineData("other", "ExLlamaV2", "meta-llama/Llama-2-7b-hf", "exl2 4.0 bpw", "nvidia-rtx-4090-24gb")]
    [InlineData("other", "Exllama V2 2023-10/11", "meta-llama/Llama-2-7b-hf", "gptq 4bit g128", "nvidia-rtx-4090-24gb")]
    [InlineData("exllamav2", "0.2.1", "meta-llama/Llama-2-7b-hf", "exl2 2.5bpw", "nvidia-rtx-3090ti-24gb")]
    [InlineData("other", "mlx-lm 0.28.2", "Qwen/Qwen3-4B", "mlx q4 g32", "apple-m4-max")]
    [InlineData("other", "MLC LLM 2023-10/11", "meta-llama/Llama-2-7b-hf", "int4 g32 (q4f16_1)", "amd-rx-7900xtx-24gb")]
    [InlineData("other", "gpt-fast (torch.compile)", "meta-llama/Llama-2-7b-hf", "int8", "nvidia-a100-sxm-80gb")]
    [InlineData("lmdeploy", "0.2.0 (TurboMind)", "meta-llama/Llama-2-7b-hf", "fp16", "nvidia-a100-sxm-80gb")]
    [InlineData("other", "FasterTransformer 5.x", "Megatron GPT-1.3B", "fp16", "nvidia-a100-sxm-80gb")]
    [InlineData(
        "other",
        "AutoAWQ (HF transformers + GEMM kernels)",
        "lmsys/vicuna-7b-v1.5",
        "w4a16-awq g128",
        "nvidia-rtx-4090-24gb"
    )]
    [InlineData("other", "SGLang v0.4.9", "meta-llama/Llama-3.1-8B", "fp8", "nvidia-h200-sxm-141gb")]
    [InlineData("other", "Deepspeed-MII", "meta-llama/Llama-2-7b-hf", "fp16", "nvidia-a100-sxm-40gb")]
    [InlineData(
        "llama.cpp",
        "ik_llama.cpp (rtr)",
        "meta-llama/Llama-3.1-8B-Instruct",
        "gguf IQ4_XS",
        "nvidia-rtx-4090-24gb"
    )]
    [InlineData("llama.cpp", "Ollama", "meta-llama/Llama-3.2-3B-Instruct", "gguf Q4_K_M", "apple-m4-max")]
    [InlineData("llama.cpp", "b6000", "openai/gpt-oss-20b", "gguf MXFP4", "nvidia-rtx-4090-24gb")]
    [InlineData("llama.cpp", "b6000", "openai/gpt-oss-20b", "gguf MXFP4 (F16 non-expert)", "nvidia-rtx-4090-24gb")]
    [InlineData("llama.cpp", "b6000", "Qwen/Qwen3-8B", "gguf UD-Q4_K_XL", "nvidia-rtx-4090-24gb")]
    [InlineData("other", "tt-metal", "meta-llama/Llama-3.2-3B-Instruct", "bfp8 (some layers bfp4)", "tenstorrent-n150")]
    public void A_run_of_an_engine_is_predicted(
        string engine,
        string version,
        string model,
        string format,
        string on
    ) => Score(engine, version, model, format, on).Refused.ShouldBeNull();

    // As published tables print them, without an id.
    [Theory]
    [InlineData("\"CPU: AMD Ryzen 9 7950X (16C Zen4, dual-channel DDR5)\"")]
    [InlineData("CPU: Apple M2 Max (CPU cores only)")]
    [InlineData("\"CPU: Intel Xeon 4th gen (SPR, 48 cores)\"")]
    [InlineData("CPU: Intel Xeon 6787P")]
    [InlineData("CPU: AmpereOne A192-32X (512GB)")]
    [InlineData("CPU: Pi 5 - 16GB")]
    [InlineData("CPU: GMKtec G3 Plus (Intel N150) - 16GB")]
    [InlineData("CPU: Framework 13 (Ryzen AI 5 340)")]
    [InlineData("NVIDIA GeForce RTX 4070 Ti 12GB")]
    [InlineData("AMD Radeon PRO W7700 16GB")]
    [InlineData("nvidia-h100-sxm-80gb")]
    public void An_accelerator_goes_by_the_name_that_is_printed(string printed) =>
        Score(
            $"{Heading}\n1,2024-12,llama.cpp,b4384,meta-llama/Llama-3.2-1B-Instruct,gguf Q4_0,f16,{printed},,1,1,1,,512,0,1,,llama-bench pp,prefill_tok_s,100\n"
        )
            .Refused.ShouldBeNull();

    [Fact]
    public void An_accelerator_that_is_not_in_the_catalog_is_named_when_it_is_refused() =>
        Score(
            $"{Heading}\n1,2024-12,llama.cpp,b4384,meta-llama/Llama-3.2-1B-Instruct,gguf Q4_0,f16,CPU: Abacus (10 beads),,1,1,1,,512,0,1,,llama-bench pp,prefill_tok_s,100\n"
        )
            .Refused.ShouldBe("accelerator CPU: Abacus (10 beads) has no id");

    // MLPerf 4.1 and 5.1, Llama 2 70B on eight MI300X, everything at once: 23,515 and 27,678 tokens per second.
    [Theory]
    [InlineData("vllm", "\"vLLM 0.4.3+rocm614, PyTorch 2.3.0, ROCm 6.1.2\"", 23_514.8)]
    [InlineData("vllm", "\"vLLM 0.6.5.dev964+mlperf50, ROCm 6.3.1\"", 27_678.1)]
    [InlineData("other", "\"Mango LLMBoost AI Enterprise Platform, ROCm 6.12.12\"", 27_678.1)]
    public void What_amd_builds_of_vllm_has_the_speed_of_its_newest(string engine, string version, double published)
    {
        var scored = Score(
            $"{Heading}\n1,2024-08,{engine},{version},meta-llama/Llama-2-70b-chat-hf,fp8,fp8,,amd-mi300x-192gb,8,,,,222,294,max,,offline-throughput,output_tok_s_total,{published}\n"
        );

        scored.AbsoluteError!.Value.ShouldBeLessThan(0.3);
    }

    // 36 ranks cannot split the 2,048 features of an expert, so they deal whole ones.
    [Fact]
    public void Experts_that_no_server_could_split_are_dealt_whole() =>
        Score(
            $"{Heading}\n1,2025-11,trtllm,1.1,deepseek-ai/DeepSeek-R1,nvfp4,,,nvidia-gb200-186gb,36,36,1,1,1024,1024,32,closed-loop,server,tpot_ms_mean,10\n"
        )
            .Refused.ShouldBeNull();

    [Fact]
    public void An_engine_that_nobody_described_is_named_when_it_is_refused() =>
        Score("other", "sambaflow", "meta-llama/Llama-2-7b-hf", "bf16", "nvidia-h100-sxm-80gb")
            .Refused.ShouldNotBeNull()
            .ShouldContain("engine \"sambaflow\" is not known");

    [Fact]
    public void A_format_that_nobody_described_is_named_when_it_is_refused() =>
        Score("vllm", "0.19", "meta-llama/Llama-2-7b-hf", "ternary", "nvidia-h100-sxm-80gb")
            .Refused.ShouldBe("weight format ternary is not known");

    [Fact]
    public void TensorRt_llm_has_a_cache_of_integers() =>
        Score("trtllm", "0.9.0", "meta-llama/Llama-2-7b-hf", "fp16", "nvidia-a100-sxm-80gb", cache: "int8")
            .Refused.ShouldBeNull();

    [Fact]
    public void A_mix_that_its_name_does_not_fix_widens_the_interval_of_its_stand_in()
    {
        var plain = Score(
            "llama.cpp",
            "b6000",
            "Qwen/Qwen3-8B",
            "gguf Q4_K_M",
            "nvidia-rtx-4090-24gb"
        ).Predicted!.Value;
        var mixed = Score(
            "llama.cpp",
            "b6000",
            "Qwen/Qwen3-8B",
            "gguf UD-Q4_K_XL",
            "nvidia-rtx-4090-24gb"
        ).Predicted!.Value;

        mixed.Value.ShouldBe(plain.Value, 1e-9);
        (mixed.High / mixed.Low).ShouldBeGreaterThan(1.2 * plain.High / plain.Low);
        plain.Evidence.ShouldBe(Evidence.Modelled);
        mixed.Evidence.ShouldBe(Evidence.Assumed);
    }

    // vLLM 0.6 of 2024 held windows in full and cut no prompts; its memory share and step limits are those of its day.
    [Fact]
    public void A_run_without_a_version_is_predicted_under_the_rules_of_its_day_on_weaker_evidence()
    {
        var stated = Score("vllm", "0.6.3", "meta-llama/Llama-3.1-8B", "bf16", "nvidia-h100-sxm-80gb", date: "2024-10");
        var dated = Score("vllm", "", "meta-llama/Llama-3.1-8B", "bf16", "nvidia-h100-sxm-80gb", date: "2024-10");

        dated.Predicted!.Value.Value.ShouldBe(stated.Predicted!.Value.Value, 1e-9);
        stated.Predicted.Value.Evidence.ShouldBe(Evidence.Modelled);
        dated.Predicted.Value.Evidence.ShouldBe(Evidence.Assumed);
    }

    // MLPerf submissions name the library below TensorRT-LLM, whose numbers run ahead of the engine's.
    [Fact]
    public void The_version_of_a_library_is_not_that_of_the_engine()
    {
        var dated = Score("trtllm", "", "meta-llama/Llama-3.1-8B", "fp8", "nvidia-h100-sxm-80gb", date: "2024-08");
        var named = Score(
            "trtllm",
            "\"TensorRT 10.2.0, CUDA 12.4\"",
            "meta-llama/Llama-3.1-8B",
            "fp8",
            "nvidia-h100-sxm-80gb",
            date: "2024-08"
        );

        named.Predicted.ShouldBe(dated.Predicted);
        named.Predicted!.Value.Evidence.ShouldBe(Evidence.Assumed);
    }

    [Fact]
    public void Requests_of_unknown_length_are_not_predicted()
    {
        var rows =
            Heading
            + "\n1,2025-09,trtllm,1.0.0,meta-llama/Llama-3.1-8B,fp8,,,nvidia-h100-sxm-80gb,8,,,,,294.0,,max,server,tpot_ms_mean,20\n";

        Score(rows).Refused.ShouldBe("the mean input length is not stated");
    }

    // 5,463,976 tokens in 24,576 prompts of OpenOrca: the log of a run does not say so, the data set does.
    [Fact]
    public void A_run_of_a_benchmark_has_the_mean_length_of_its_data_set()
    {
        const string OpenOrca =
            "MLPerf Inference v5.1 closed; benchmark=llama2-70b-99.9; dataset OpenOrca subset (max input 1024 tokens)";

        var noted = Score(Requests("", OpenOrca));

        noted.Refused.ShouldBeNull();
        noted.Predicted!.Value.Value.ShouldBe(Score(Requests("222.3298", "")).Predicted!.Value.Value, 0.01);
    }

    // Llama 3.1 counts other tokens in the same prompts.
    [Fact]
    public void A_length_in_tokens_of_another_model_does_not_serve() =>
        Score(Requests("", "MLPerf Inference v5.1 open; benchmark=llama3_1-70b-fp8; dataset OpenOrca subset"))
            .Refused.ShouldBe("the mean input length is not stated");

    private static string Requests(string input, string note) =>
        $"{Heading},note\n1,2025-09,trtllm,1.0.0,meta-llama/Llama-2-70b-chat-hf,fp8,,,nvidia-h100-sxm-80gb,8,,,,{input},294,,,offline-throughput,output_tok_s_total,20000,{note}\n";

    private static ScoredCase Score(
        string engine,
        string version,
        string model,
        string format,
        string on,
        string cache = "",
        string date = ""
    ) =>
        Score(
            $"{Heading}\n1,{date},{engine},{version},{model},{format},{cache},,{on},1,1,1,,512,128,1,,offline-throughput,e2e_ms,1000\n"
        );

    private static ScoredCase Score(string rows)
    {
        using var text = new StringReader(rows);
        var table = CsvTable.Read("rows.csv", text);
        return Validation
            .Of(table, Catalog, new ModelSource(Catalog), withCases: true)
            .Cases!.Value.ShouldHaveSingleItem();
    }
}
