using System.CommandLine;
using Loadline.Cli.Rendering;
using Loadline.Prediction;

namespace Loadline.Cli.Commands;

internal static class MemoryCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var deployment = new DeploymentOptions();
        var context = new Option<long?>("--context")
        {
            Description = "Tokens per sequence, prompt and answer together",
            HelpName = "N",
        };
        var concurrency = new Option<long>("--concurrency")
        {
            Description = "Sequences at a time",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        var answer = new Answer();
        var command = new Command("memory", "Does it fit, and what is on each device");
        deployment.AddTo(command);
        command.Options.Add(context);
        command.Options.Add(concurrency);
        answer.AddTo(command);
        command.SetAction(parsed =>
        {
            var session = Session.Open(parsed, surroundings);
            var question = deployment.Read(parsed, session) with
            {
                Context = parsed.GetValue(context),
                Concurrency = parsed.GetValue(concurrency),
            };
            var result = new FitCheck(session.Catalog).Ask(question);
            answer.Print(parsed, surroundings, result, AnswerJson.Default.MemoryAnswer, MemoryPage.Render);
            return result.Fits ? ExitCodes.Yes : ExitCodes.No;
        });
        return command;
    }
}
