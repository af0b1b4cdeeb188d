using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loadline.Cli.Rendering;
using Loadline.Models;
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
        var outputs = new PlanOutputs();
        var answer = new Answer();
        var command = new Command(
            "plan",
            "Which hardware or API for these people, this wait and these models, what it costs, and when that changes"
        );
        command.Arguments.Add(file);
        flags.AddTo(command);
        outputs.AddTo(command);
        answer.AddTo(command);
        command.SetAction(parsed =>
        {
            var session = Session.Open(parsed, surroundings);
            var path = parsed.GetValue(file);
            if (outputs.IsNew(parsed))
            {
                if (flags.Any(parsed))
                    throw new BadContentException(
                        "--new",
                        "",
                        "flags of a scenario beside it",
                        "--new alone, which asks for them"
                    );
                return NewScenario.Ask(surroundings, session.Catalog, path);
            }
            outputs.Check(parsed);
            var document = path is null ? new JsonObject() : ScenarioFiles.Read(path);
            if (path is null && !flags.Any(parsed))
                throw new BadContentException(
                    "plan",
                    "",
                    "neither a scenario nor a flag",
                    "a file, or --people and --task; --new asks the questions"
                );
            var start = outputs.Start(parsed);
            if (PlanRecordFile.ScenarioOf(document) is { } recorded)
            {
                start ??= recorded.Start;
                document = recorded.Scenario;
            }
            flags.Apply(parsed, document);

            var scenario = Read(path, document, parsed, flags, session);
            var day = start ?? DateOnly.FromDateTime(surroundings.Clock.GetLocalNow().Date);
            var plan = Progress.Run(
                surroundings,
                "planning",
                say => Plan(scenario, day, path, session, surroundings, say)
            );
            if (scenario.Adaptation is not null)
                plan = plan with { Adaptation = Adapt(scenario, day, path, session, surroundings) };
            plan = outputs.Compare(parsed, plan);
            outputs.Write(parsed, plan, session.Catalog);
            answer.Print(parsed, surroundings, plan, AnswerJson.Default.Plan, PlanPage.Render);
            return plan.Recommended is null ? ExitCodes.No : ExitCodes.Yes;
        });
        return command;
    }

    private static AdaptationSummary Adapt(
        Scenario scenario,
        DateOnly day,
        string? path,
        Session session,
        Surroundings surroundings
    ) =>
        AdaptationSummary.Of(
            Progress.Run(
                surroundings,
                "adapting",
                say =>
                    new AdaptationPlanner(session.Catalog, name => ReadModel(session, path, name, say))
                    {
                        Start = day,
                    }.Decide(scenario)
            )
        );

    private static Plan Plan(
        Scenario scenario,
        DateOnly day,
        string? path,
        Session session,
        Surroundings surroundings,
        Action<string> say
    )
    {
        try
        {
            return new Planner(session.Catalog, name => ReadModel(session, path, name, say)) { Start = day }.Plan(
                scenario,
                surroundings.Interrupt
            );
        }
        catch (UnknownNameException exception)
            when (scenario.Models.WeightFormats.Contains(exception.Name, StringComparer.Ordinal))
        {
            // Which formats there are depends on the model, so only the search can tell.
            throw new BadContentException(path ?? FlagsName, "$.models.weightFormats", exception.Message, "");
        }
    }

    private static Scenario Read(
        string? path,
        JsonObject document,
        ParseResult parsed,
        ScenarioFlags flags,
        Session session
    )
    {
        try
        {
            using var json = JsonDocument.Parse(document.ToJsonString());
            return new ScenarioReader(session.Catalog, TraceFile.Read).Read(path ?? FlagsName, json.RootElement);
        }
        catch (BadContentException exception) when (flags.NameOf(parsed, exception.Place) is { } flag)
        {
            throw new BadContentException(flag, "", exception.Found, exception.Expected);
        }
    }

    private static Model ReadModel(Session session, string? path, string name, Action<string> say)
    {
        try
        {
            return session.ReadModel(name, say);
        }
        catch (UnknownNameException exception) when (path is not null)
        {
            throw new BadContentException(path, "$.models.candidates", exception.Message, "");
        }
    }
}
