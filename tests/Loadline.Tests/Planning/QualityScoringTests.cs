using Loadline.Catalog;
using Loadline.Planning;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class QualityScoringTests
{
    private const string Heading =
        "id,source,model,model_id,params,format,format_family,group_size,kv_format,kv_bits,bits_per_weight,method,run,metric,task,n_tasks,relative_loss,relative_loss_se,scorable,why_not";

    private static readonly CatalogReader Catalog = new();

    private static ValidationAnswer Score(params string[] rows) =>
        new QualityScoring(Catalog, new ModelSource(Catalog)).Score(
            CsvTable.Read("quality.csv", new StringReader(string.Join('\n', [Heading, .. rows]))),
            withCases: true
        );

    private static string Task(string run, string loss, string tasks = "1", string size = "8000000000") =>
        $"{run},page,M,,{size},int4,w4a16,128,,,4.16,awq,{run},task_score,mmlu,{tasks},{loss},0.001,yes,";

    [Fact]
    public void A_quantized_model_is_one_vote_and_averages_do_not_count_beside_their_tasks()
    {
        // Losses 0.01 and 0.03 are 0.02 on average; the average of two tasks beside them would make it 0.043.
        var answer = Score(Task("a", "0.01"), Task("a", "0.03"), Task("a", "0.09", tasks: "2"), Task("b", "0.05", "7"));

        var scored = answer.Cases!.Value;
        scored.Length.ShouldBe(2);
        scored[0].Measured.ShouldBe(0.02, 1e-12);
        scored[1].Measured.ShouldBe(0.05, 1e-12);
        answer.Excluded.ShouldHaveSingleItem().Count.ShouldBe(1);
    }

    [Fact]
    public void An_error_is_a_share_of_the_unquantized_score()
    {
        var answer = Score(Task("a", "0.05"));
        var predicted = new QualityPredictor(Catalog).Of("int4", false, null, 8_000_000_000, 8_000_000_000).TaskLoss;

        answer.Metrics.ShouldHaveSingleItem().MedianAbsoluteError!.Value.ShouldBe(0.05 - predicted.Value, 1e-12);
        answer.Metrics[0].Bias!.Value.ShouldBe(predicted.Value - 0.05, 1e-12);
        answer
            .Slices.First(slice => slice.Name == "nothing lost: task_loss, all")
            .MedianAbsoluteError!.Value.ShouldBe(0.05, 1e-12);
    }

    [Fact]
    public void A_divergence_has_relative_errors()
    {
        var answer = Score(
            "q,page,Llama-3-8B,,8030261248,Q4_K_M,gguf-k,,,,4.9,no-imatrix,q,kld_mean,wikitext2,,0.0313,0.0002,yes,"
        );
        var predicted = answer.Cases!.Value[0].Predicted!.Value.Value;

        answer.Metrics[0].MedianAbsoluteError!.Value.ShouldBe(Math.Abs(predicted - 0.0313) / 0.0313, 1e-12);
        answer.Slices.ShouldNotContain(slice => slice.Name.StartsWith("nothing lost"));
    }

    [Fact]
    public void Models_found_broken_are_left_out_and_counted_by_whether_they_were_warned_of()
    {
        var answer = Score(
            Task("a", "0.02"),
            "c,page,M,,8000000000,int4-w4a4,int4-w4a4,channel,fp16,16,4,rtn,c,perplexity,wikitext2,,300,,no,collapse: perplexity more than doubled"
        );

        answer.Metrics.ShouldHaveSingleItem().Count.ShouldBe(1);
        answer.Excluded.ShouldHaveSingleItem().Rule.ShouldContain("collapse");
        var broken = answer.Figures.First(figure => figure.Name == "models found broken that are warned of");
        broken.Share.ShouldBe(1);
        broken.Count.ShouldBe(1);
    }

    [Fact]
    public void Clearly_separated_pairs_of_formats_are_put_in_order()
    {
        string Gguf(string format, string loss) =>
            $"{format},page,M,,8000000000,{format},gguf-k,,,,,no-imatrix,{format},perplexity,wikitext2,,{loss},0.001,yes,";

        var right = Score(Gguf("Q6_K", "0.004"), Gguf("Q4_K_M", "0.03"), Gguf("Q2_K", "0.5"));
        Order(right).ShouldBe((1, 3));
        // Measured the other way round, and one pair too close to tell.
        var wrong = Score(Gguf("Q6_K", "0.5"), Gguf("Q4_K_M", "0.0301"), Gguf("Q4_K_S", "0.03"));
        Order(wrong).ShouldBe((0, 2));

        static (double?, int) Order(ValidationAnswer answer)
        {
            var figure = answer.Figures.First(figure =>
                figure.Name.StartsWith("losses of perplexity in the right order", StringComparison.Ordinal)
            );
            return (figure.Share, figure.Count);
        }
    }

    [Theory]
    [InlineData("kv-fp8,kv-fp8,,fp8,8", "fp8")]
    [InlineData("kv-fp8,kv-fp8,,,", "fp8")]
    [InlineData("kv-int4,kv-int4,,int4,4.25", "int4")]
    public void A_rounded_cache_is_predicted_as_the_format_of_that_name(string format, string cache)
    {
        var answer = Score($"x,page,M,,8000000000,{format},16,rtn,x,task_score,mmlu,,0.01,0.01,yes,");

        answer
            .Cases!.Value[0]
            .Predicted!.Value.Value.ShouldBe(
                new QualityPredictor(Catalog).Of("bf16", false, cache, 8_000_000_000, 8_000_000_000).TaskLoss.Value
            );
    }

    [Theory]
    [InlineData("GGUFX,page,M,,8000000000,Q9_Z,gguf-k,,,,,no-imatrix,x,perplexity,,,0.1,,yes,", "Q9_Z")]
    [InlineData("x,page,M,,8000000000,Q4_0,gguf-legacy,,,,,,x,top1_agreement,,,0.1,,yes,", "top1_agreement")]
    [InlineData("x,page,nobody-knows,,,Q4_0,gguf-legacy,,,,,,x,perplexity,,,0.1,,yes,", "nobody-knows")]
    public void What_is_not_predicted_is_refused_with_a_reason(string row, string reason)
    {
        var answer = Score(row);

        answer.Metrics.ShouldHaveSingleItem().Refused.ShouldBe(1);
        answer.RefusedReasons.ShouldHaveSingleItem().Rule.ShouldContain(reason);
    }

    [Theory]
    [InlineData("x,page,M,,8000000000,Q4_0,gguf-legacy,,,,,,x,perplexity,,,lots,,yes,", "relative_loss")]
    [InlineData("x,page,M,,8000000000,Q4_0,gguf-legacy,,,,,,x,perplexity,,,,,yes,", "relative_loss")]
    [InlineData("x,page,M,,-8,Q4_0,gguf-legacy,,,,,,x,perplexity,,,0.1,,yes,", "params")]
    [InlineData("x,page,M,,8000000000,Q4_0,gguf-legacy,,,,,,x,,,,0.1,,yes,", "metric")]
    [InlineData("x,page,,,8000000000,Q4_0,gguf-legacy,,,,,,x,perplexity,,,0.1,,yes,", "model")]
    public void A_wrong_field_is_named_with_its_line(string row, string column)
    {
        var error = Should.Throw<BadContentException>(() => Score(row));

        error.Message.ShouldContain("quality.csv: line 2");
        error.Message.ShouldContain(column);
    }
}
