using System.CommandLine;
using Loadline.Cli.Rendering;
using Loadline.Prediction;

namespace Loadline.Cli.Commands;

internal static class PredictCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var deployment = new DeploymentOptions();
        var prompt = new Option<long>("--prompt")
        {
            Description = "Tokens of the prompt",
            HelpName = "N",
            Required = true,
        };
        var output = new Option<long>("--output")
        {
            Description = "Tokens of the answer",
            HelpName = "N",
            Required = true,
        };
        var concurrency = new Option<long?>("--concurrency")
        {
            Description = "Requests always in flight (default 1)",
            HelpName = "N",
        };
        var rate = new Option<double?>("--rate") { Description = "Requests per second that arrive", HelpName = "R" };
        var noCache = new Option<bool>("--no-kv-cache") { Description = "Recompute the whole context for every token" };
        var answer = new Answer("--output-file");
        var command = new Command("predict", "How long prompts and tokens take, and what they wait for");
        deployment.AddTo(command);
        foreach (var option in (Option[])[prompt, output, concurrency, rate, noCache])
            command.Options.Add(option);
        answer.AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(concurrency) is not null && parsed.GetValue(rate) is not null)
                throw new BadContentException("--rate", "", "--concurrency as well", "one of the two");
            if (
                parsed.GetValue(noCache)
                && (parsed.GetValue(concurrency) ?? 1) != 1 | parsed.GetValue(rate) is not null
            )
                throw new BadContentException("--no-kv-cache", "", "several requests", "one request at a time");

            var session = Session.Open(parsed, surroundings);
            var result = new ServingPredictor(session.Catalog).Ask(
                new ServingQuestion
                {
                    Fit = deployment.Read(parsed, session),
                    PromptTokens = parsed.GetValue(prompt),
                    OutputTokens = parsed.GetValue(output),
                    Concurrency = parsed.GetValue(concurrency),
                    Rate = parsed.GetValue(rate),
                    KvCache = !parsed.GetValue(noCache),
                }
            );
            answer.Print(parsed, surroundings, result, AnswerJson.Default.PredictAnswer, PredictPage.Render);
            return result.Feasible ? ExitCodes.Yes : ExitCodes.No;
        });
        return command;
    }
}
