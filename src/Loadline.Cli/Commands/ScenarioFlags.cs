using System.CommandLine;
using System.Text.Json.Nodes;

namespace Loadline.Cli.Commands;

/// <summary>Scenario fields as flags, so that the three questions can be answered without a file.</summary>
internal sealed class ScenarioFlags
{
    private readonly List<(Option Option, string[] Path, Func<ParseResult, JsonNode?> Value)> flags = [];

    public ScenarioFlags()
    {
        Text("--task", "What it is for: customer-support, coding, rag, documents, agents, classification", "T", "task");
        Text("--people", "People who may use it", "N", "workload", "people");
        Text(
            "--active",
            "Share of them in a conversation in the busiest hour, such as 30%",
            "P",
            "workload",
            "activeAtPeak"
        );
        Text(
            "--requests-per-hour",
            "Requests per active person and hour",
            "N",
            "workload",
            "requestsPerActiveUserPerHour"
        );
        Text(
            "--rate",
            "Requests per second in the busiest hour, instead of people",
            "N",
            "workload",
            "requestsPerSecond"
        );
        Text("--wait", "Longest wait for the answer to begin, p95, such as 3s", "T", "objectives", "ttft", "p95");
        Text("--tpot", "Longest time per output token, p95, such as 50ms", "T", "objectives", "tpot", "p95");
        Text("--end-to-end", "Longest time to the end of the answer, p95", "T", "objectives", "endToEnd", "p95");
        Text(
            "--confidence",
            "Probability with which the plan must meet that, such as 90%",
            "P",
            "objectives",
            "confidence"
        );
        Text("--availability", "Share of the time it must be there, such as 99.9%", "P", "objectives", "availability");
        List("--allow", "Way to compare: api, rent, buy; may be given several times", "WAY", "deployment", "allow");
        Text("--data", "Class of data (loadline catalog list data-classes)", "D", "deployment", "data");
        List("--region", "Region or jurisdiction machines may be in, such as EU", "R", "deployment", "regions");
        Text(
            "--maximum-quality-loss",
            "Largest loss of a task score by a format, such as 2%",
            "P",
            "models",
            "maximumQualityLoss"
        );
        Text("--growth", "Factor by which the load grows in a year, such as 1.6", "F", "workload", "growthPerYear");
        Text("--horizon", "Months the cost is counted over, such as \"36 months\"", "T", "budget", "horizon");
        Text("--maximum-monthly", "Most it may cost per month, such as \"8000 USD\"", "M", "budget", "maximumMonthly");
        Text(
            "--maximum-capital",
            "Most that may be paid at once, such as \"50000 USD\"",
            "M",
            "budget",
            "maximumCapital"
        );
        List("--model", "Candidate model; may be given several times", "MODEL", "models", "candidates");
    }

    public void AddTo(Command command)
    {
        foreach (var (option, _, _) in flags)
            command.Options.Add(option);
    }

    public bool Any(ParseResult parsed) => flags.Any(flag => IsGiven(parsed, flag.Option));

    /// <summary>Writes the flags that were given into the document, in place of what it says.</summary>
    public void Apply(ParseResult parsed, JsonObject document)
    {
        MakeRoom(parsed, document);
        foreach (var (option, path, value) in flags)
        {
            if (IsGiven(parsed, option))
                Set(document, path, value(parsed));
        }
    }

    /// <summary>The flag that gave what a reader complains of, so that the complaint can name it.</summary>
    public string? NameOf(ParseResult parsed, string place) =>
        flags
            .FirstOrDefault(flag => IsGiven(parsed, flag.Option) && $"$.{string.Join('.', flag.Path)}" == place)
            .Option?.Name;

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>A rate replaces people and people a rate; a limit replaces one on another percentile.</summary>
    private void MakeRoom(ParseResult parsed, JsonObject document)
    {
        var given = flags.Where(flag => IsGiven(parsed, flag.Option)).Select(flag => flag.Path).ToList();
        if (document["workload"] is JsonObject workload)
        {
            var people = given.Any(path => path[^1] == "people");
            var rate = given.Any(path => path[^1] == "requestsPerSecond");
            if (rate && !people)
            {
                foreach (
                    var name in (string[])
                        [
                            "people",
                            "activeAtPeak",
                            "requestsPerActiveUserPerHour",
                            "requestsPerDay",
                            "concurrency",
                            "trace",
                        ]
                )
                    workload.Remove(name);
            }
            if (people && !rate)
            {
                foreach (var name in (string[])["requestsPerSecond", "requestsPerDay", "concurrency", "trace"])
                    workload.Remove(name);
            }
        }
        foreach (var path in given.Where(path => path[0] == "objectives" && path.Length == 3))
            (document["objectives"] as JsonObject)?.Remove(path[1]);
    }

    private void Text(string name, string description, string help, params string[] path)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = help };
        flags.Add((option, path, parsed => JsonValue.Create(parsed.GetValue(option))));
    }

    private void List(string name, string description, string help, params string[] path)
    {
        var option = new Option<string[]>(name)
        {
            Description = description,
            HelpName = help,
            DefaultValueFactory = _ => [],
        };
        flags.Add(
            (
                option,
                path,
                parsed => new JsonArray([.. parsed.GetValue(option)!.Select(text => JsonValue.Create(text))])
            )
        );
    }

    /// <summary>What is no object in the document stays as it is, for the reader to refuse.</summary>
    private static void Set(JsonObject document, string[] path, JsonNode? value)
    {
        var section = document;
        foreach (var name in path[..^1])
        {
            if (section[name] is null)
                section[name] = new JsonObject();
            if (section[name] is not JsonObject inner)
                return;
            section = inner;
        }
        section[path[^1]] = value;
    }
}
