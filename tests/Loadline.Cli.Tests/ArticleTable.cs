using System.Text;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Cli.Tests;

/// <summary>The table of docs/the-article.md: cards x models x formats, worked out anew.</summary>
internal static class ArticleTable
{
    private const int DevicesPerNode = 8;

    private static readonly string[] Models = ["facebook/opt-350m", "meta-llama/Llama-3.1-405B"];
    private static readonly string[] Cards =
    [
        "nvidia-a10-24gb",
        "nvidia-a100-sxm-40gb",
        "nvidia-a100-sxm-80gb",
        "nvidia-rtx-4090-24gb",
    ];
    private static readonly string[] Formats = ["fp32", "bf16", "fp8", "nvfp4"];
    private static readonly int[] Degrees = [1, 2, 4, 8, 16, 32, 64, 128];

    public static string Render()
    {
        var catalog = new CatalogReader();
        var models = new ModelSource(catalog);
        var table = new StringBuilder("| Model | Card | fp32 | bf16 | fp8 | fp4 |\n|---|---|---|---|---|---|\n");
        foreach (var name in Models)
        {
            var model = models.Read(name);
            foreach (var card in Cards)
            {
                var cells = Formats.Select(format => Cell(catalog, model, card, format));
                table.Append(
                    $"| {name.Split('/')[1]} | {catalog.Accelerators.Find(card).Name} | {string.Join(" | ", cells)} |\n"
                );
            }
        }
        return table.ToString();
    }

    private static string Cell(CatalogReader catalog, Model model, string card, string format)
    {
        foreach (var degree in Degrees)
        {
            var fit = new FitQuestion
            {
                Model = model,
                Hardware = new HardwareSpec(catalog.Accelerators.Find(card), degree),
                Weights = format,
            };
            if (new DeploymentBuilder(catalog).TryBuild(Request(fit, degree), out _) is null)
                continue;
            if (degree > DevicesPerNode)
            {
                if (new FitCheck(catalog).Ask(fit with { Context = 1024 }).Fits)
                    return $"{degree} cards, more than one node";
                continue;
            }
            var answer = new ServingPredictor(catalog).Ask(
                new ServingQuestion
                {
                    Fit = fit,
                    PromptTokens = 512,
                    OutputTokens = 512,
                }
            );
            if (!answer.Feasible)
                continue;
            var speed = answer.OutputTokensPerSecond!.Value;
            var range =
                $"{Significant.Three(speed.Value)} ({Significant.Three(speed.Low)}-{Significant.Three(speed.High)})";
            return degree == 1 ? $"{range} tokens/s" : $"{degree} cards: {range} tokens/s";
        }
        return $"more than {Degrees[^1]} cards";
    }

    private static DeploymentRequest Request(FitQuestion fit, int degree) =>
        new()
        {
            Model = fit.Model,
            Accelerator = fit.Hardware.Accelerator,
            Weights = fit.Weights,
            TensorParallel = degree,
        };
}
