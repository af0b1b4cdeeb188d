using System.CommandLine;
using Loadline.Cli.Rendering;
using Loadline.Prediction;

namespace Loadline.Cli.Commands;

internal static class ValidateCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var file = new Argument<string>("FILE") { Description = "CSV of measurements; its columns say of what" };
        var cases = new Option<bool>("--cases") { Description = "List every row with its prediction" };
        var answer = new Answer();
        var command = new Command("validate", "How close predictions are to measurements");
        command.Arguments.Add(file);
        command.Options.Add(cases);
        answer.AddTo(command);
        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(file);
            if (Directory.Exists(path))
                throw new IOException($"{path}: is a directory; expected a CSV file");
            if (!File.Exists(path))
                throw new FileNotFoundException($"{path}: no such file", path);
            var session = Session.Open(parsed, surroundings);
            const long LargestTable = 50_000_000;
            using var text = new BoundedText(path, File.OpenText(path), LargestTable, "a table of measurements");
            var table = CsvTable.Read(Path.GetFileName(path), text);
            var result = Validation.Of(table, session.Catalog, session.Models, parsed.GetValue(cases));
            answer.Print(parsed, surroundings, result, AnswerJson.Default.ValidationAnswer, ValidatePage.Render);
            return ExitCodes.Yes;
        });
        return command;
    }
}
