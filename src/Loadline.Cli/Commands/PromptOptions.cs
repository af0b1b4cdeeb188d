using System.CommandLine;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Planning;

namespace Loadline.Cli.Commands;

/// <summary>The options that describe a prompt, with <c>--method prompt</c>.</summary>
internal sealed class PromptOptions
{
    private const double MostTokens = 1e7;
    private const double MostRequests = 1e15;

    private readonly Option<double?> system = Of(
        "--system-tokens",
        "Instructions that every prompt begins with (1000)"
    );
    private readonly Option<double?> fewShot = Of("--few-shot-tokens", "Examples in every prompt (0)");
    private readonly Option<double?> retrieved = Of("--retrieved-tokens", "Passages found for a request (0)");
    private readonly Option<double?> history = Of("--history-tokens", "Earlier turns (0)");
    private readonly Option<double?> user = Of("--user-tokens", "What is asked (300)");
    private readonly Option<double?> output = Of("--output-tokens", "Mean answer (250)");
    private readonly Option<double?> perMonth = Of("--requests-per-month", "Load (100000)");
    private readonly Option<string?> api = new("--api")
    {
        Description = "Hosted model whose prices count (loadline catalog list apis), in place of --on",
        HelpName = "ID",
    };

    public void AddTo(Command command)
    {
        foreach (var option in Mine())
            command.Options.Add(option);
    }

    public string? FirstGiven(ParseResult parsed) =>
        Mine().FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false })?.Name;

    public PromptQuestion Read(ParseResult parsed, Model model, HardwareSpec? hardware, CatalogReader catalog)
    {
        var host = parsed.GetValue(api) is { } id ? catalog.Apis.Find(id) : null;
        if (host is null == hardware is null)
            throw new BadContentException("--method", "", "prompt", "one of --api and --on beside it");
        return new PromptQuestion
        {
            Model = model,
            Prompt = new PromptParts(
                Tokens(system, 1000),
                Tokens(fewShot, 0),
                Tokens(retrieved, 0),
                Tokens(history, 0),
                Math.Max(1, Tokens(user, 300))
            ),
            OutputTokens = Math.Max(1, Tokens(output, 250)),
            RequestsPerMonth = Within(perMonth, parsed.GetValue(perMonth) ?? 100_000, 1e-3, MostRequests),
            Api = host,
            Hardware = hardware,
        };

        double Tokens(Option<double?> option, double usual) =>
            Within(option, parsed.GetValue(option) ?? usual, 0, MostTokens);
    }

    private static double Within(Option option, double value, double least, double most) =>
        value >= least && value <= most
            ? value
            : throw new BadContentException(option.Name, "", $"{value}", $"{least:#,0.###} to {most:#,0}");

    private IEnumerable<Option> Mine() => [system, fewShot, retrieved, history, user, output, perMonth, api];

    private static Option<double?> Of(string name, string description) => DecimalOption.Of(name, description, "N");
}
