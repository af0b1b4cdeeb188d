using System.CommandLine;
using System.Text.Json;
using Loadline.Catalog;
using Loadline.Cli.Rendering;
using Loadline.Planning;

namespace Loadline.Cli.Commands;

internal static class AdaptCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var subject = new Argument<string>("SUBJECT")
        {
            Description = "SCENARIO with a section adaptation, or MODEL with --method",
        };
        var method = new Option<string?>("--method")
        {
            Description =
                "lora, qlora, dora, freeze, full (sft), reward, dpo, kto, orpo, ppo, grpo, dapo, rloo, or prompt",
            HelpName = "M",
        };
        var hardware = new Option<string?>("--on")
        {
            Description = "Machine to train on or to serve a prompt from, such as rtx-4090 or 8x:nvidia-h100-sxm-80gb",
            HelpName = "HW",
        };
        var export = new Option<string?>("--export")
        {
            Description = "Write the files that start the run into a folder",
            HelpName = "DIR",
        };
        var run = new AdaptOptions();
        var prompt = new PromptOptions();
        var answer = new Answer();
        var command = new Command(
            "adapt",
            "Whether to prompt, retrieve or train, what each takes and costs, and from which volume on it pays"
        );
        command.Arguments.Add(subject);
        command.Options.Add(method);
        command.Options.Add(hardware);
        run.AddTo(command);
        prompt.AddTo(command);
        command.Options.Add(export);
        answer.AddTo(command);
        command.SetAction(parsed =>
        {
            var session = Session.Open(parsed, surroundings);
            var name = parsed.GetRequiredValue(subject);
            var on = parsed.GetValue(hardware) is { } word ? HardwareSpec.Parse(word, session.Catalog) : null;
            AdaptationAnswer result;
            if (parsed.GetValue(method) is { } asked)
                result = OfMethod(asked, name, on);
            else if (ScenarioFiles.IsScenario(name))
            {
                if ((run.FirstGiven(parsed) ?? prompt.FirstGiven(parsed) ?? (on is null ? null : "--on")) is { } extra)
                    throw new BadContentException(
                        extra,
                        "",
                        "a scenario without --method",
                        "the same in the section adaptation of the scenario"
                    );
                result = Decide(name, session, surroundings);
            }
            else
                throw new BadContentException(
                    "--method",
                    "",
                    "missing",
                    $"a method with a model, such as lora, or a scenario file in place of {name}"
                );
            if (parsed.GetValue(export) is { } folder)
                Export(folder, result, session.Catalog);
            answer.Print(parsed, surroundings, result, AnswerJson.Default.AdaptationAnswer, AdaptPage.Render);
            return result.Recommended is null ? ExitCodes.No : ExitCodes.Yes;

            AdaptationAnswer OfMethod(string text, string model, HardwareSpec? machine)
            {
                if (text == "prompt")
                {
                    if (run.FirstGiven(parsed) is { } other)
                        throw new BadContentException(other, "", "--method prompt as well", "a method that trains");
                    return new PromptQuestions(session.Catalog).Ask(
                        prompt.Read(parsed, session.ReadModel(model), machine, session.Catalog)
                    );
                }
                if (prompt.FirstGiven(parsed) is { } given)
                    throw new BadContentException(given, "", $"--method {text} as well", "--method prompt");
                var known = Trains(text, session.Catalog);
                if (machine is null)
                    throw new BadContentException("--on", "", "missing", "a machine such as rtx-4090");
                try
                {
                    return new TrainingQuestions(session.Catalog).Ask(
                        run.Read(parsed, session.ReadModel(model), known, machine)
                    );
                }
                catch (BadContentException exception) when (AdaptOptions.FlagOf(exception.File) is { } flag)
                {
                    throw new BadContentException(flag, "", exception.Found, exception.Expected);
                }
            }
        });
        return command;
    }

    /// <summary>Methods that train, "sft" being what supervised training of all parameters is called elsewhere.</summary>
    private static string Trains(string text, CatalogReader catalog)
    {
        if (text == "sft")
            return "full";
        return catalog.Adaptation.Get(text) is { Trains: true } norms
            ? norms.Id
            : throw new UnknownNameException(
                "method",
                text,
                [.. catalog.Adaptation.All.Where(entry => entry.Trains).Select(entry => entry.Id), "prompt"],
                ambiguous: false
            );
    }

    private static AdaptationAnswer Decide(string path, Session session, Surroundings surroundings)
    {
        using var json = JsonDocument.Parse(ScenarioFiles.Read(path).ToJsonString());
        var scenario = new ScenarioReader(session.Catalog, TraceFile.Read).Read(path, json.RootElement);
        var day = DateOnly.FromDateTime(surroundings.Clock.GetLocalNow().Date);
        return Progress.Run(
            surroundings,
            "deciding",
            say =>
                new AdaptationPlanner(session.Catalog, name => session.ReadModel(name, say)) { Start = day }.Decide(
                    scenario
                )
        );
    }

    private static void Export(string folder, AdaptationAnswer result, CatalogReader catalog)
    {
        if (result.Run is not { } run)
            throw new BadContentException(
                "--export",
                "",
                result.Recommended is null ? "no run that fits" : "nothing that is trained",
                "a method that trains, on hardware that holds it"
            );
        ExportFolder.Write(folder, TrainingFiles.Of(run, catalog));
    }
}
