using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loadline.Cli.Rendering;
using Loadline.Planning;

namespace Loadline.Cli.Commands;

internal static class PlanCommand
{
    private const string FlagsName = "command line";

    public static Command Create(Surroundings surroundings)
    {
        var file = new Argument<string?>("SCENARIO")
        {
            Description = "YAML or JSON file; flags add to it or replace what it says",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var flags = new ScenarioFlags();
        var answer = new Answer();
        var command = new Command(
            "plan",
            "Which hardware for these people, this wait and these models, and what it costs"
        );
        command.Arguments.Add(file);
        flags.AddTo(command);
        answer.AddTo(command);
        command.SetAction(parsed =>
        {
            var session = Session.Open(parsed, surroundings);
            var path = parsed.GetValue(file);
            var document = path is null ? new JsonObject() : ReadDocument(path);
            if (path is null && !flags.Any(parsed))
                throw new BadContentException(
                    "plan",
                    "",
                    "neither a scenario nor a flag",
                    "a file, or --people and --task"
                );
            flags.Apply(parsed, document);

            using var json = JsonDocument.Parse(document.ToJsonString());
            var scenario = new ScenarioReader(session.Catalog.Tasks.Find).Read(path ?? FlagsName, json.RootElement);
            var plan = Progress.Run(
                surroundings,
                "planning",
                say =>
                    new Planner(session.Catalog, name => session.ReadModel(name, say)).Plan(
                        scenario,
                        surroundings.Interrupt
                    )
            );
            answer.Print(parsed, surroundings, plan, AnswerJson.Default.Plan, PlanPage.Render);
            return plan.Recommended is null ? ExitCodes.No : ExitCodes.Yes;
        });
        return command;
    }

    private static JsonObject ReadDocument(string path)
    {
        const long LargestScenario = 1_000_000;
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: no such file", path);
        if (new FileInfo(path).Length > LargestScenario)
            throw new BadContentException(path, "", "more than 1 MB", "a scenario");

        using var text = File.OpenText(path);
        // JSON is YAML, so one reader serves both.
        return Yaml.Read(path, text) as JsonObject
            ?? throw new BadContentException(path, "line 1", "no fields", "a scenario with fields such as workload");
    }
}
