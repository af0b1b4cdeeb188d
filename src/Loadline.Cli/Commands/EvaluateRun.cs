using System.Collections.Immutable;
using System.CommandLine;
using Loadline.Cli.Rendering;
using Loadline.Models;
using Loadline.Planning;
using Loadline.Quantization.Evaluation;

namespace Loadline.Cli.Commands;

/// <summary>The two ways of <c>quantize</c> that measure without one output to keep.</summary>
internal static class EvaluateRun
{
    public static void Compare(
        ParseResult parsed,
        Surroundings surroundings,
        EvaluateOptions measuring,
        QuantizeOptions options,
        (string Name, string Path) model,
        IReadOnlyList<string> formats,
        Answer answer
    )
    {
        var folder = options.FolderOf(parsed);
        var request = measuring.ReadRequired(parsed, model.Path, options.ThreadsOf(parsed));
        var predictor = new QualityPredictor(Session.Open(parsed, surroundings).Catalog);
        var report = Progress.Run(
            surroundings,
            $"measuring {model.Name}",
            say =>
                new Triangle(request, surroundings.Clock)
                {
                    Published = (format, read) => PublishedOf(predictor, format, read),
                    Importance = measuring.ImportanceOf(parsed, model.Path, request.Threads),
                }.Run(formats, folder, say, surroundings.Interrupt)
        );
        if (report.Formats.Any(format => format.Evaluation is not null))
            measuring.Draw(parsed, () => EvaluationCharts.Of(report));
        measuring.Save(
            parsed,
            surroundings,
            model.Name,
            report
                .Formats.Where(format => format.Evaluation is not null)
                .Select(format => (format.Format, format.Method!, format.Evaluation!))
        );
        answer.Print(parsed, surroundings, report, AnswerJson.Default.TriangleReport, TrianglePage.Render);
    }

    /// <summary>Parameters of the smallest models of which losses are published (SmolLM2 and Qwen2.5, docs/quality.md).</summary>
    private const long SmallestPublished = 360_000_000;

    public static void Mantissa(
        ParseResult parsed,
        Surroundings surroundings,
        EvaluateOptions measuring,
        QuantizeOptions options,
        string path,
        Answer answer
    )
    {
        if (options.FolderOf(parsed) is { } folder)
            throw new BadContentException("--output", "", folder, "nothing: --truncate-mantissa writes no weights");
        var request = measuring.ReadRequired(parsed, path, options.ThreadsOf(parsed));
        var report = Progress.Run(
            surroundings,
            "clearing bits",
            say => MantissaStudy.Run(request, surroundings.Clock, say, surroundings.Interrupt)
        );
        measuring.Draw(parsed, () => EvaluationCharts.Of(report));
        answer.Print(parsed, surroundings, report, AnswerJson.Default.MantissaReport, TrianglePage.Render);
    }

    /// <summary>The format as it is usually made, and where 4-bit integers are meant, rounded to nearest too.</summary>
    private static ImmutableArray<PublishedLoss> PublishedOf(QualityPredictor predictor, string format, Model model)
    {
        if (model.Architecture.Tensors.Parameters < SmallestPublished)
            return [];
        (string Method, string Name)[] methods = format.StartsWith("int4", StringComparison.OrdinalIgnoreCase)
            ? [("GPTQ", "int4-gptq"), ("AWQ", "int4-awq"), ("round-to-nearest", "int4-rtn")]
            : [("as published", format)];
        var found = ImmutableArray.CreateBuilder<PublishedLoss>();
        foreach (var (method, name) in methods)
        {
            try
            {
                var tensors = model.Architecture.Tensors;
                var outlook = predictor.Of(name, false, null, tensors.Parameters, tensors.ActiveParameters);
                if (outlook.KlDivergence.Value > 0)
                    found.Add(new PublishedLoss(method, outlook.KlDivergence, outlook.PerplexityLoss));
            }
            catch (UnknownNameException)
            {
                // Nobody published what this one costs.
            }
        }
        return found.ToImmutable();
    }
}
