using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Loadline.Catalog;
using Loadline.Planning;

namespace Loadline.Cli.Commands;

/// <summary>What a plan is written to beside the answer, and what it is compared with.</summary>
internal sealed class PlanOutputs
{
    private const int LargestAnswer = 50_000_000;

    /// <summary>No price of the catalog is older; a day before is a slip of the pen.</summary>
    private const int FirstYear = 2020;

    private readonly Option<string[]> report = new("--report")
    {
        Description =
            "Write a report: .html for people and print, .md, or .csv of the options; may be given several times",
        HelpName = "FILE",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> export = new("--export")
    {
        Description = "Write the files that start the recommended plan into a folder",
        HelpName = "DIR",
    };

    private readonly Option<string?> against = new("--against")
    {
        Description = "An earlier answer of plan --json: say what is different",
        HelpName = "FILE",
    };

    private readonly Option<string?> start = new("--start")
    {
        Description = "Day the plan is for, which dates the roadmap (today when not given)",
        HelpName = "YYYY-MM-DD",
    };

    private readonly Option<bool> isNew = new("--new")
    {
        Description = "Ask the questions and write the answers into the scenario file",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(report);
        command.Options.Add(export);
        command.Options.Add(against);
        command.Options.Add(start);
        command.Options.Add(isNew);
    }

    public bool IsNew(ParseResult parsed) => parsed.GetValue(isNew);

    /// <summary>Before minutes are spent on a plan that could not be written.</summary>
    public void Check(ParseResult parsed)
    {
        foreach (var path in parsed.GetValue(report)!)
        {
            ReportFile.Check(path);
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
                throw new DirectoryNotFoundException($"{path}: its directory does not exist");
            if (Directory.Exists(path))
                throw new IOException($"{path}: is a directory; expected a file");
        }
        if (parsed.GetValue(against) is not { } earlier)
            return;
        if (Directory.Exists(earlier))
            throw new IOException($"{earlier}: is a directory; expected an answer of plan --json");
        if (!File.Exists(earlier))
            throw new FileNotFoundException($"{earlier}: no such file", earlier);
        ReadEarlier(earlier).Dispose();
    }

    public DateOnly? Start(ParseResult parsed)
    {
        if (parsed.GetValue(start) is not { } text)
            return null;
        return
            DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day.Year is >= FirstYear and < 2200
            ? day
            : throw new BadContentException(
                start.Name,
                "",
                $"\"{text}\"",
                "a day from 2020 to 2199 such as 2026-12-01"
            );
    }

    public Plan Compare(ParseResult parsed, Plan plan)
    {
        if (parsed.GetValue(against) is not { } earlier)
            return plan;
        using var document = ReadEarlier(earlier);
        return plan with { Changes = PlanComparison.Of(earlier, document.RootElement, plan) };
    }

    private static JsonDocument ReadEarlier(string earlier)
    {
        using var text = new BoundedText(earlier, File.OpenText(earlier), LargestAnswer, "an answer of plan --json");
        try
        {
            var document = JsonDocument.Parse(text.ReadToEnd());
            PlanComparison.Check(earlier, document.RootElement);
            return document;
        }
        catch (JsonException exception)
        {
            throw new BadContentException(
                earlier,
                $"line {exception.LineNumber + 1}",
                "no JSON",
                "an answer of loadline plan --json"
            );
        }
    }

    public void Write(ParseResult parsed, Plan plan, CatalogReader catalog)
    {
        foreach (var path in parsed.GetValue(report)!)
            Answer.Write(path, writer => writer.Write(ReportFile.Of(plan, path)));
        if (parsed.GetValue(export) is not { } folder)
            return;
        if (plan.Setup is { } setup)
            ExportFolder.Write(folder, ExportFiles.Of(setup, catalog));
        else
            throw new BadContentException(
                export.Name,
                "",
                plan.Recommended is null ? "no plan" : "a hosted API",
                "a plan with machines; an API has nothing to set up"
            );
    }
}
