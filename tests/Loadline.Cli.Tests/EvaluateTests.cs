using System.Text.Json;
using Loadline.Catalog;
using Loadline.Planning;
using Loadline.Tests;
using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

public sealed class EvaluateTests : IDisposable
{
    private static readonly string Fixtures = Path.Combine(
        Repository.Root,
        "tests/Loadline.Quantization.Tests/Fixtures"
    );

    private static readonly string Model = Path.Combine(Fixtures, "llama-tiny");

    private readonly string folder = Directory.CreateTempSubdirectory("loadline-").FullName;

    public EvaluateTests() =>
        File.WriteAllText(Text, File.ReadAllText(Path.Combine(Fixtures, "evaluation.txt"))[..6000]);

    private string Text => Path.Combine(folder, "text.txt");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void An_evaluated_output_has_the_figures_of_the_contract()
    {
        var run = Run.Of("quantize", Model, "--to", "int4", "--output", Out("x"), "--evaluate", Text, "--json");

        run.ExitCode.ShouldBe(0, run.Error);
        var divergence = run.Json.GetProperty("klDivergence");
        divergence.GetProperty("evidence").GetString().ShouldBe("measured");
        divergence.GetProperty("value").GetDouble().ShouldBeInRange(0.01, 0.1);
        divergence.GetProperty("low").GetDouble().ShouldBeLessThan(divergence.GetProperty("value").GetDouble());
        run.Json.GetProperty("perplexity").GetProperty("value").GetDouble().ShouldBeInRange(10, 40);
        run.Json.GetProperty("topAgreement").GetProperty("high").GetDouble().ShouldBeInRange(0.7, 1);
        run.Json.GetProperty("evaluation").GetProperty("layers").GetArrayLength().ShouldBe(3);
    }

    [Fact]
    public void What_was_measured_is_kept_for_plans()
    {
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "measured-quality")).FullName, "a.json");
        var run = Run.Of(
            "quantize",
            Model,
            "--compare",
            "int4,Q4_K_M",
            "--evaluate",
            Text,
            "--save",
            file,
            "--as",
            "meta-llama/Llama-3.1-8B-Instruct",
            "--chart",
            Out("triangle.svg"),
            "--json"
        );

        run.ExitCode.ShouldBe(0, run.Error);
        var measured = run
            .Json.GetProperty("formats")[1]
            .GetProperty("evaluation")
            .GetProperty("klDivergence")
            .GetProperty("value")
            .GetDouble();
        File.ReadAllText(Out("triangle.svg")).ShouldStartWith("<svg");
        var predictor = new QualityPredictor(new CatalogReader(folder));
        var outlook = predictor.Of(
            "meta-llama/Llama-3.1-8B-Instruct",
            "Q4_K_M",
            false,
            null,
            8_030_261_248,
            8_030_261_248
        );
        outlook.KlDivergence.Value.ShouldBe(measured, 1e-12);
        outlook.Source.ShouldContain("text.txt");
        // 1 - exp(-0.263 K), the constant of docs/quality.md.
        outlook.TaskLoss.Value.ShouldBe(1 - Math.Exp(-0.263 * measured), 1e-9);
        predictor
            .Of("another/model", "Q4_K_M", false, null, 8_030_261_248, 8_030_261_248)
            .KlDivergence.Value.ShouldNotBe(measured);
        using var schema = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(Repository.Root, "catalog/schemas/measured-quality.schema.json"))
        );
        var required = schema
            .RootElement.GetProperty("properties")
            .GetProperty("measuredQuality")
            .GetProperty("items")
            .GetProperty("required")
            .EnumerateArray()
            .Select(name => name.GetString()!);
        using var saved = JsonDocument.Parse(File.ReadAllText(file));
        saved
            .RootElement.GetProperty("measuredQuality")[0]
            .EnumerateObject()
            .Select(property => property.Name)
            .ShouldBe(required, ignoreOrder: true);
    }

    [Theory]
    [InlineData("--evaluate: missing", "--compare", "int4")]
    [InlineData("--evaluate: missing", "--truncate-mantissa")]
    [InlineData("--to: missing")]
    [InlineData("weight format \"int5\"", "--compare", "int5", "--evaluate", "TEXT")]
    [InlineData("--to: found with --compare", "--compare", "int4", "--to", "int4", "--evaluate", "TEXT")]
    [InlineData("--save: found nothing measured", "--to", "int4", "--output", "OUT", "--save", "a.json")]
    [InlineData("--chart: found one format", "--to", "int4", "--output", "OUT", "--chart", "a.svg")]
    public void What_does_not_go_together_is_refused_before_anything_is_read(string expected, params string[] arguments)
    {
        var run = Run.Of([
            "quantize",
            Model,
            .. arguments.Select(word =>
                word == "TEXT" ? Text
                : word == "OUT" ? Out("out")
                : word
            ),
        ]);

        run.ExitCode.ShouldBe(2);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldContain(expected.Replace("found ", ""));
        Directory.Exists(Out("out")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("--chart")]
    [InlineData("--save")]
    public void What_is_read_is_never_written_over(string option)
    {
        var before = File.ReadAllText(Text);

        var run = Run.Of("quantize", Model, "--compare", "int4", "--evaluate", Text, option, Text);

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(option);
        File.ReadAllText(Text).ShouldBe(before);
    }

    [Theory]
    [InlineData("\"merges\":", "\"merges\": [[1, 2]], \"others\":")]
    [InlineData("\"normalizer\": null", "\"normalizer\": { \"type\": \"Replace\", \"pattern\": { \"String\": \"\" } }")]
    public void A_broken_tokenizer_is_refused_in_one_line(string good, string bad)
    {
        var copy = Directory.CreateDirectory(Out("copy")).FullName;
        foreach (var file in Directory.GetFiles(Model))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        var tokenizer = Path.Combine(copy, "tokenizer.json");
        var text = File.ReadAllText(tokenizer).Replace("\":null", "\": null");
        text.ShouldContain(good);
        File.WriteAllText(tokenizer, text.Replace(good, bad));

        var run = Run.Of("quantize", copy, "--compare", "int4", "--evaluate", Text);

        run.ExitCode.ShouldBe(2);
        run.Error.Trim().Split('\n').Length.ShouldBe(1);
        run.Error.ShouldContain("tokenizer.json");
    }

    private string Out(string name) => Path.Combine(folder, name);
}
