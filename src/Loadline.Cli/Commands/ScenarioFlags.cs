using System.CommandLine;
using System.Text.Json.Nodes;

namespace Loadline.Cli.Commands;

/// <summary>Scenario fields as flags, so that the three questions can be answered without a file.</summary>
internal sealed class ScenarioFlags
{
    private readonly List<(Option Option, Action<ParseResult, JsonObject> Apply)> flags = [];

    public ScenarioFlags()
    {
        Text("--task", "What it is for: customer-support, coding, rag, documents, agents, classification", "T", "task");
        Number("--people", "People who may use it", "workload", "people");
        Text(
            "--active",
            "Share of them in a conversation in the busiest hour, such as 30%",
            "P",
            "workload",
            "activeAtPeak"
        );
        Number(
            "--requests-per-hour",
            "Requests per active person and hour",
            "workload",
            "requestsPerActiveUserPerHour"
        );
        Number("--rate", "Requests per second in the busiest hour, instead of people", "workload", "requestsPerSecond");
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
        Text("--data", "Data class: public, internal, personal-eu, own-hardware-only", "D", "deployment", "data");
        Text("--maximum-monthly", "Most it may cost per month, such as \"8000 USD\"", "M", "budget", "maximumMonthly");
        Models();
    }

    public void AddTo(Command command)
    {
        foreach (var (option, _) in flags)
            command.Options.Add(option);
    }

    public bool Any(ParseResult parsed) => flags.Any(flag => parsed.GetResult(flag.Option) is { Implicit: false });

    /// <summary>Writes the flags that were given into the document.</summary>
    public void Apply(ParseResult parsed, JsonObject document)
    {
        foreach (var (_, apply) in flags)
            apply(parsed, document);
    }

    private void Text(string name, string description, string help, params string[] path)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = help };
        flags.Add((option, (parsed, document) => Set(document, path, JsonValue.Create(parsed.GetValue(option)))));
    }

    private void Number(string name, string description, params string[] path)
    {
        var option = new Option<double?>(name) { Description = description, HelpName = "N" };
        flags.Add(
            (
                option,
                (parsed, document) =>
                    Set(document, path, parsed.GetValue(option) is { } number ? JsonValue.Create(number) : null)
            )
        );
    }

    private void Models()
    {
        var option = new Option<string[]>("--model")
        {
            Description = "Candidate model; may be given several times",
            HelpName = "MODEL",
            DefaultValueFactory = _ => [],
        };
        flags.Add(
            (
                option,
                (parsed, document) =>
                {
                    var names = parsed.GetValue(option) ?? [];
                    if (names.Length > 0)
                        Set(
                            document,
                            ["models", "candidates"],
                            new JsonArray([.. names.Select(name => JsonValue.Create(name))])
                        );
                }
            )
        );
    }

    private static void Set(JsonObject document, string[] path, JsonNode? value)
    {
        if (value is null)
            return;
        var section = document;
        foreach (var name in path[..^1])
        {
            if (section[name] is not JsonObject inner)
                section[name] = inner = [];
            section = inner;
        }
        section[path[^1]] = value;
    }
}
