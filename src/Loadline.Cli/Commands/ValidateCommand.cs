using System.CommandLine;
using Loadline.Cli.Rendering;
using Loadline.Planning;
using Loadline.Prediction;
using Loadline.Quantities;
using Loadline.Simulation;

namespace Loadline.Cli.Commands;

internal static class ValidateCommand
{
    /// <summary>Seconds per token that readers of a chat do not wait for.</summary>
    private const double UsualLimit = 0.05;

    private const double UsualConfidence = 0.9;

    public static Command Create(Surroundings surroundings)
    {
        var file = new Argument<string>("FILE")
        {
            Description = "CSV of measurements or of every request of a run, or JSON of runs; its columns say of what",
        };
        var cases = new Option<bool>("--cases") { Description = "List every row with its prediction" };
        var simulate = new Option<bool>("--simulate")
        {
            Description = "Play benchmark runs with so many requests in flight again, instead of the closed form",
        };
        var decisions = new Option<bool>("--decisions")
        {
            Description = "Choose the cheapest deployment of each model by prediction and by measurement instead",
        };
        var tpot = DecimalOption.Of(
            "--tpot",
            "Limit on the time per token of --decisions, in seconds (default 0.05)",
            "S"
        );
        var confidence = DecimalOption.Of(
            "--confidence",
            "Probability with which a choice of --decisions keeps the limit (default 0.9)",
            "P"
        );
        var answer = new Answer();
        var command = new Command("validate", "How close predictions are to measurements");
        command.Arguments.Add(file);
        command.Options.Add(cases);
        command.Options.Add(simulate);
        command.Options.Add(decisions);
        command.Options.Add(tpot);
        command.Options.Add(confidence);
        answer.AddTo(command);
        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(file);
            if (Directory.Exists(path))
                throw new IOException($"{path}: is a directory; expected a file of measurements");
            OtherOption.RefuseWithout(parsed, confidence, parsed.GetValue(decisions), decisions.Name);
            OtherOption.RefuseWithout(parsed, tpot, parsed.GetValue(decisions), decisions.Name);
            var session = Session.Open(parsed, surroundings);
            if (parsed.GetValue(decisions))
            {
                var limit = parsed.GetValue(tpot) ?? UsualLimit;
                if (!(limit > 0 && double.IsFinite(limit)))
                    throw new BadContentException(tpot.Name, "", $"{limit}", "seconds above 0");
                var sure = parsed.GetValue(confidence) ?? UsualConfidence;
                if (!(sure is > 0 and < 1))
                    throw new BadContentException(confidence.Name, "", $"{sure}", "a probability between 0 and 1");
                using var text = Open(path);
                var table = CsvTable.Read(Path.GetFileName(path), text);
                var score = new DecisionScoring(session.Catalog, session.Models).Score(
                    table,
                    new Duration(limit),
                    sure
                );
                var document = new DecisionAnswer(table.File, score);
                answer.Print(parsed, surroundings, document, AnswerJson.Default.DecisionAnswer, DecisionsPage.Render);
                return ExitCodes.Yes;
            }
            var result = Score(path, session, parsed.GetValue(cases), parsed.GetValue(simulate));
            answer.Print(parsed, surroundings, result, AnswerJson.Default.ValidationAnswer, ValidatePage.Render);
            return ExitCodes.Yes;
        });
        return command;
    }

    private static ValidationAnswer Score(string path, Session session, bool withCases, bool simulates)
    {
        var name = Path.GetFileName(path);
        var replays = new ReplayScoring(session.Catalog, session.Models);
        if (path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            return replays.Score(name, ServingRunsFile.Read(name, ReadWhole(path)), withCases);

        using var text = Open(path);
        var table = CsvTable.Read(name, text);
        if (QualityScoring.IsOne(table))
            return new QualityScoring(session.Catalog, session.Models).Score(table, withCases);
        if (!RequestTimesFile.IsOne(table))
            return Validation.Of(
                table,
                session.Catalog,
                session.Models,
                withCases,
                simulates ? LoadReplays.Play : null
            );
        var description = Path.ChangeExtension(path, ".json");
        var run = RequestTimesFile.Read(table, Path.GetFileName(description), ReadWhole(description));
        return replays.Score(name, [run], withCases);
    }

    private static string ReadWhole(string path)
    {
        using var text = Open(path);
        return text.ReadToEnd();
    }

    private static BoundedText Open(string path)
    {
        const long LargestTable = 50_000_000;
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: no such file", path);
        return new BoundedText(path, File.OpenText(path), LargestTable, "a table of measurements");
    }
}
