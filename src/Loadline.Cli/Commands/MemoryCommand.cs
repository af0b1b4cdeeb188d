using System.CommandLine;
using Loadline.Cli.Rendering;
using Loadline.Prediction;

namespace Loadline.Cli.Commands;

internal static class MemoryCommand
{
    private const int ShownHardware = 12;

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
        var compare = new Option<bool>("--compare-engines")
        {
            Description = "Put the question to every engine and version",
        };
        var curve = new Option<bool>("--curve") { Description = "Show how many sequences fit at every context" };
        var smallest = new Option<bool>("--smallest-hardware")
        {
            Description = "List the least memory on which it fits",
        };
        var widest = new Option<bool>("--widest-format") { Description = "Find the widest weight format that fits" };
        var placement = new PlacementOptions();
        var answer = new Answer();
        var command = new Command("memory", "Does it fit, and what is on each device");
        deployment.AddTo(command);
        placement.AddTo(command);
        command.Options.Add(context);
        command.Options.Add(concurrency);
        foreach (var option in (Option[])[compare, curve, smallest, widest])
            command.Options.Add(option);
        answer.AddTo(command);
        command.SetAction(parsed =>
        {
            var session = Session.Open(parsed, surroundings);
            var question = placement.Read(parsed, session, deployment.Read(parsed, session)) with
            {
                Context = parsed.GetValue(context),
                Concurrency = parsed.GetValue(concurrency),
            };
            var fits = new FitCheck(session.Catalog);
            var search = new HardwareSearch(session.Catalog);
            var result = fits.Ask(question);
            if (parsed.GetValue(curve))
                result = result with { Curve = fits.CurveOf(question) };
            if (parsed.GetValue(compare))
                result = result with { Engines = new EngineComparison(session.Catalog).Of(question) };
            if (parsed.GetValue(smallest))
                result = result with { SmallestHardware = search.Smallest(question, ShownHardware) };
            if (parsed.GetValue(widest))
                result = result with { WidestFormat = search.WidestFormat(question)?.WeightFormat };
            answer.Print(parsed, surroundings, result, AnswerJson.Default.MemoryAnswer, MemoryPage.Render);
            return result.Fits ? ExitCodes.Yes : ExitCodes.No;
        });
        return command;
    }
}
