using Loadline.Catalog;
using Loadline.Simulation;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation.Replays;

/// <summary>Runs of an engine as they are published, and what is wrong with some.</summary>
public sealed class ServingRunsFileTests
{
    private const string Sound = """
        {"runs":[{"run":"a","model":"meta-llama/Llama-3.1-8B-Instruct","accelerator":"H100","tensor_parallel":1,
          "precision":"BF16","engine":"vllm 0.15.1","block_size":16,"gpu_kv_blocks":20000,"max_num_seqs":128,
          "traffic":{"shared_prefix":{"question_len":100,"output_len":20,"num_unique_system_prompts":2,
            "system_prompt_len":50},"stages":[{"rate":2,"duration":10},{"rate":4,"duration":5}]},
          "measured":{"stage 1":{"ttft_mean_ms":30,"e2e_p99_ms":900}}}]}
        """;

    [Fact]
    public void A_run_comes_stage_after_stage_at_even_distances()
    {
        var run = ServingRunsFile.Read("runs.json", Sound).ShouldHaveSingleItem();

        // 2 a second for 10 s, then 4 a second for 5 s.
        run.Arrivals.Length.ShouldBe(40);
        run.Arrivals.Select(arrival => arrival.Seconds).Take(3).ShouldBe([0, 0.5, 1]);
        run.Arrivals.Select(arrival => arrival.Seconds).TakeLast(2).ShouldBe([14.5, 14.75]);
        run.Arrivals.ShouldAllBe(arrival => arrival.PromptTokens == 150 && arrival.OutputTokens == 20);
        run.Scheduling.CacheTokens.ShouldBe(320_000);
        var window = run.Windows.ShouldHaveSingleItem();
        (window.FromSeconds, window.ToSeconds).ShouldBe((10, 15));
        window.Times.ShouldBe([new MeasuredTime("e2e", "p99", 0.9), new MeasuredTime("ttft", "mean", 0.03)]);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"runs\":null}")]
    [InlineData("{\"runs\":[null]}")]
    [InlineData("{\"runs\":[{}]}")]
    [InlineData("[]")]
    [InlineData("")]
    public void What_is_no_list_of_runs_is_refused(string text) =>
        Should.Throw<BadContentException>(() => ServingRunsFile.Read("runs.json", text));

    [Theory]
    [InlineData("\"tensor_parallel\":1", "\"tensor_parallel\":0")]
    [InlineData("\"gpu_kv_blocks\":20000", "\"gpu_kv_blocks\":-5")]
    [InlineData("\"max_num_seqs\":128", "\"max_num_seqs\":0")]
    [InlineData("\"block_size\":16", "\"block_size\":0")]
    [InlineData("\"question_len\":100", "\"question_len\":2147483647")]
    [InlineData("\"output_len\":20", "\"output_len\":0")]
    [InlineData("\"num_unique_system_prompts\":2", "\"num_unique_system_prompts\":2147483647")]
    [InlineData("\"rate\":2", "\"rate\":0")]
    [InlineData("\"duration\":10", "\"duration\":1e300")]
    [InlineData("{\"ttft_mean_ms\":30,\"e2e_p99_ms\":900}", "null")]
    [InlineData("\"shared_prefix\":{", "\"shared_prefix\":null,\"other\":{")]
    [InlineData("\"model\":\"meta-llama/Llama-3.1-8B-Instruct\"", "\"model\":null")]
    public void A_run_that_cannot_have_been_is_refused(string sound, string broken)
    {
        Sound.ShouldContain(sound);
        Should.Throw<BadContentException>(() => ServingRunsFile.Read("runs.json", Sound.Replace(sound, broken)));
    }

    [Fact]
    public void A_run_none_of_whose_requests_fit_is_refused_and_not_scored()
    {
        var text = Sound.Replace("\"gpu_kv_blocks\":20000", "\"gpu_kv_blocks\":2");
        var scoring = new ReplayScoring(Deployments.Catalog, new ModelSource(Deployments.Catalog));

        var answer = scoring.Score("runs.json", ServingRunsFile.Read("runs.json", text), withCases: true);

        answer.Cases.ShouldNotBeNull();
        foreach (var one in answer.Cases.Value)
        {
            one.Predicted.ShouldBeNull();
            one.Refused.ShouldNotBeNullOrEmpty();
        }
    }
}
