using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

public sealed class QualityValidationTests : IDisposable
{
    private const string Heading =
        "id,source,model,params,format,format_family,group_size,bits_per_weight,method,run,metric,n_tasks,relative_loss,relative_loss_se,scorable,why_not";

    private readonly string folder = Directory.CreateTempSubdirectory("loadline").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Write(params string[] rows)
    {
        var file = Path.Combine(folder, "quality.csv");
        File.WriteAllLines(file, [Heading, .. rows]);
        return file;
    }

    [Fact]
    public void A_table_of_quantized_models_is_recognised_and_scored()
    {
        var file = Write(
            "1,page,Llama-3-8B,8030261248,Q4_K_M,gguf-k,,4.9,no-imatrix,1,kld_mean,,0.0313,0.0002,yes,",
            "2,page,M,8000000000,int4,w4a16,128,4.16,awq,2,task_score,,0.02,0.01,yes,",
            "3,page,M,8000000000,int4,w4a16,128,4.16,awq,3,task_score,,,,no,no baseline in the table"
        );

        var run = Run.Of("validate", file, "--cases", "--json");

        run.ExitCode.ShouldBe(0);
        run.Json.GetProperty("kind").GetString().ShouldBe("quality");
        run.Json.GetProperty("metrics").GetArrayLength().ShouldBe(2);
        run.Json.GetProperty("excluded")[0].GetProperty("count").GetInt32().ShouldBe(1);
        run.Json.GetProperty("cases").GetArrayLength().ShouldBe(2);
        run.Json.GetProperty("figures").GetArrayLength().ShouldBePositive();
        Run.Of("validate", file).Output.ShouldContain("2 rows of quality scored");
    }

    [Theory]
    [InlineData("1,page,M,8000000000,Q4_0,gguf-legacy,,,,1,perplexity,,banana,,yes,")]
    [InlineData("1,page,M,8000000000,Q4_0,gguf-legacy,,,,1,perplexity,,0.1,,yes")]
    [InlineData("1,page,M,1e400,Q4_0,gguf-legacy,,,,1,perplexity,,0.1,,yes,")]
    public void Bad_content_is_one_line_and_exit_code_two(string row)
    {
        var run = Run.Of("validate", Write(row), "--json");

        run.ExitCode.ShouldBe(2);
        run.Output.ShouldBeEmpty();
        run.Error.Trim().ShouldContain("line 2");
        run.Error.Trim().ShouldNotContain('\n');
    }

    [Fact]
    public void A_table_of_headings_alone_scores_nothing()
    {
        var run = Run.Of("validate", Write(), "--json");

        run.ExitCode.ShouldBe(0);
        run.Json.GetProperty("metrics").GetArrayLength().ShouldBe(0);
    }
}
