using System.CommandLine;
using Loadline.Cli.Rendering;
using Loadline.Models;
using Loadline.Prediction;

namespace Loadline.Cli.Commands;

internal static class InspectCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var model = new Argument<string>("MODEL")
        {
            Description =
                "Catalog id, folder, config.json, .safetensors (or its index), .gguf, or Hugging Face id (org/name, org/name:Q4_K_M)",
        };
        var explain = new Option<bool>("--explain") { Description = "Show the count of parameters line by line" };
        var context = new Option<long?>("--context")
        {
            Description = "Size the cache of one sequence of N tokens",
            HelpName = "N",
        };
        var answer = new Answer();
        var command = new Command("inspect", "What is in a model: parameters, bytes by format, cache per token");
        command.Arguments.Add(model);
        command.Options.Add(explain);
        command.Options.Add(context);
        answer.AddTo(command);
        command.SetAction(parsed =>
        {
            var tokens = parsed.GetValue(context);
            if (tokens is < 1 or > FitCheck.LargestCount)
                throw new BadContentException(
                    "--context",
                    "",
                    $"{tokens}",
                    $"a number from 1 to {FitCheck.LargestCount}"
                );
            var session = Session.Open(parsed, surroundings);
            var summary = ModelSummary.Of(session.ReadModel(parsed.GetRequiredValue(model)), tokens);
            answer.Print(
                parsed,
                surroundings,
                summary,
                AnswerJson.Default.ModelSummary,
                (page, value) => InspectPage.Render(page, value, parsed.GetValue(explain))
            );
            return ExitCodes.Yes;
        });
        return command;
    }
}
