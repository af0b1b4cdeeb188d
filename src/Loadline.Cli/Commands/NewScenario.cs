using System.Globalization;
using System.Text;
using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Cli.Commands;

/// <summary>
/// Asks the three questions (how many, how long may they wait, how capable) and what follows from them, and writes the
/// answers as a scenario. An empty answer takes the default in brackets.
/// </summary>
internal static class NewScenario
{
    private const int MostTries = 5;

    public static int Ask(Surroundings surroundings, CatalogReader catalog, string? path)
    {
        var file = path ?? "scenario.yaml";
        if (File.Exists(file) || Directory.Exists(file))
            throw new IOException($"{file}: is there already; name another file");
        // Before eight questions are answered for nothing.
        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file))))
            throw new DirectoryNotFoundException($"{file}: its directory does not exist");
        var ask = new Questions(surroundings);
        var task = ask.OneOf(
            "What is it for?",
            [.. catalog.Tasks.All.Select(preset => preset.Id)],
            catalog.Tasks.All[0].Id
        );
        var preset = catalog.Tasks.Find(task);
        var people = ask.Until(
            "How many people may use it?",
            null,
            "a whole number from 1 to 10,000,000,000",
            text =>
                long.TryParse(text.Replace(",", ""), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count is >= 1 and <= 10_000_000_000
        );
        var wait = ask.Until(
            "How long may they wait until an answer begins, for 95 of 100?",
            preset.TtftP95,
            "a time such as 1.5 s",
            text => Duration.TryParse(text, out var limit) && limit.Seconds is > 1e-9 and < 1e9
        );
        var capable = ask.Until(
            "How capable must the model be? A benchmark with a score, such as ifbench 40 (none: only the models below are compared)",
            "none",
            $"none, or one of {string.Join(", ", catalog.Benchmarks.Ids)} with a score",
            text => text == "none" || ScoreOf(text, catalog) is not null
        );
        var models = ask.Until(
            "Which models, with commas?",
            string.Join(", ", preset.Models),
            "ids of the catalog (loadline catalog list models)",
            text => Names(text) is { Length: > 0 } names && names.All(name => IsModel(name, catalog))
        );
        var data = ask.OneOf("What class of data is it?", [.. catalog.DataClasses.Ids], "internal");
        // Where only own machines may hold the data, how it is got at is no question.
        var ways =
            data == "own-hardware-only"
                ? "buy"
                : ask.Until(
                    "Which ways may be compared: api, rent, buy?",
                    "api, rent, buy",
                    "one or more of api, rent, buy, with commas",
                    text => Names(text) is { Length: > 0 } names && names.All(way => way is "api" or "rent" or "buy")
                );
        var budget = ask.Until(
            "What may it cost a month, at most?",
            "none",
            "none, or an amount such as 8000 USD",
            text => text == "none" || (Money.TryParse(text, out var money) && money.Usd > 0)
        );
        var scenario = new Answers(task, people, wait, capable, models, data, ways, budget);
        Answer.Write(file, writer => writer.Write(Text(scenario, catalog)));
        surroundings.Out.WriteLine($"{file} is written. Next: loadline plan {file}");
        return ExitCodes.Yes;
    }

    private sealed record Answers(
        string Task,
        string People,
        string Wait,
        string Capable,
        string Models,
        string Data,
        string Ways,
        string Budget
    );

    private static string Text(Answers answers, CatalogReader catalog)
    {
        var text = new StringBuilder();
        text.Append("# What is left out takes a default that the answer lists.\n");
        text.Append(CultureInfo.InvariantCulture, $"name: {catalog.Tasks.Find(answers.Task).Name}\n");
        text.Append(CultureInfo.InvariantCulture, $"task: {answers.Task}\n");
        text.Append(CultureInfo.InvariantCulture, $"workload:\n  people: {answers.People.Replace(",", "")}\n");
        text.Append(CultureInfo.InvariantCulture, $"objectives:\n  ttft: {{ p95: {answers.Wait} }}\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"models:\n  candidates: [{string.Join(", ", Names(answers.Models))}]\n"
        );
        if (ScoreOf(answers.Capable, catalog) is var (benchmark, score))
            text.Append(CultureInfo.InvariantCulture, $"  minimumCapability: {{ {benchmark}: {score} }}\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"deployment:\n  allow: [{string.Join(", ", Names(answers.Ways))}]\n  data: {answers.Data}\n"
        );
        if (answers.Budget != "none")
            text.Append(CultureInfo.InvariantCulture, $"budget:\n  maximumMonthly: {answers.Budget}\n");
        return text.ToString();
    }

    private static string[] Names(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static (string Benchmark, double Score)? ScoreOf(string text, CatalogReader catalog)
    {
        if (text.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries) is not [var name, var number])
            return null;
        return
            catalog.Benchmarks.Get(name) is not null
            && double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var score)
            ? (name, score)
            : null;
    }

    private static bool IsModel(string name, CatalogReader catalog)
    {
        try
        {
            return catalog.Apis.Get(name) is not null || catalog.Models.Find(name) is not null;
        }
        catch (UnknownNameException)
        {
            return false;
        }
    }

    /// <summary>Asks on standard error, so that what is printed stays clean, and reads lines.</summary>
    private sealed class Questions(Surroundings surroundings)
    {
        public string OneOf(string question, IReadOnlyList<string> choices, string usual) =>
            Until(
                $"{question} ({string.Join(", ", choices)})",
                usual,
                $"one of {string.Join(", ", choices)}",
                choices.Contains
            );

        public string Until(string question, string? usual, string expected, Func<string, bool> isGood)
        {
            for (var attempt = 0; attempt < MostTries; attempt++)
            {
                surroundings.Error.Write(usual is null ? $"{question} " : $"{question} [{usual}] ");
                var line = surroundings.In.ReadLine();
                if (line is null)
                    throw new BadContentException("--new", "", "the end of the input", $"an answer to: {question}");
                var answer = line.Trim();
                if (answer.Length == 0 && usual is not null)
                    return usual;
                if (answer.Length > 0 && isGood(answer))
                    return answer;
                surroundings.Error.WriteLine($"  expected {expected}");
            }
            throw new BadContentException("--new", "", $"{MostTries} answers that will not do", expected);
        }
    }
}
