using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Loadline.Catalog;
using Loadline.Simulation;

namespace Loadline.Cli.Commands;

/// <summary>The options that say how many replicas serve, behind which router, and under which settings.</summary>
internal sealed class ServingOptions
{
    private const int Most = 100_000;

    private static readonly Dictionary<string, SchedulingPolicy> Policies = new(StringComparer.OrdinalIgnoreCase)
    {
        ["vllm"] = SchedulingPolicy.ChunkedPrefill,
        ["sglang"] = SchedulingPolicy.PrefillFirst,
        ["tensorrt-llm"] = SchedulingPolicy.ReservedWholePrompts,
        ["tensorrt-llm-max-utilization"] = SchedulingPolicy.ChunkedPrefill,
        ["llama.cpp"] = SchedulingPolicy.Slots,
        ["static"] = SchedulingPolicy.StaticBatch,
    };

    private static readonly Dictionary<string, RoutingPolicy> Routers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["round-robin"] = RoutingPolicy.RoundRobin,
        ["least-loaded"] = RoutingPolicy.LeastLoaded,
        ["prefix-aware"] = RoutingPolicy.PrefixAware,
    };

    private readonly Option<int> replicas = new("--replicas")
    {
        Description = "Copies of --on that share the requests (default 1)",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };
    private readonly Option<string?> router = Text("--router", Routers.Keys, "Which replica a request goes to");
    private readonly Option<string?> scheduler = Text(
        "--scheduler",
        Policies.Keys,
        "How steps are composed (default: as the engine does)"
    );
    private readonly Option<int?> sequences = Count("--max-sequences", "Requests of a replica that run together");
    private readonly Option<int?> stepTokens = Count("--step-tokens", "Tokens of one step");
    private readonly Option<long?> cacheTokens = new("--cache-tokens")
    {
        Description = "Tokens the cache of a replica holds (default: what memory leaves)",
        HelpName = "N",
    };
    private readonly Option<bool> noPrefixCache = new("--no-prefix-cache")
    {
        Description = "Compute every prompt in full, however it begins",
    };
    private readonly Option<int?> mostWaiting = Count(
        "--max-waiting",
        "Requests in line of a replica beyond which it turns others away"
    );
    private readonly Option<string[]> outages = new("--outage")
    {
        Description = "A replica, from 0, that is gone from one second to another: 0:60-180; several times",
        HelpName = "R:S-S",
        DefaultValueFactory = _ => [],
    };

    public void AddTo(Command command)
    {
        Option[] all =
        [
            replicas,
            router,
            scheduler,
            sequences,
            stepTokens,
            cacheTokens,
            noPrefixCache,
            mostWaiting,
            outages,
        ];
        foreach (var option in all)
            command.Options.Add(option);
    }

    public SimulationQuestion Read(ParseResult parsed, SimulationQuestion question)
    {
        var number = parsed.GetValue(replicas);
        if (number is < 1 or > Most)
            throw new BadContentException(replicas.Name, "", $"{number}", $"1 to {Most}");
        if (question.Prefill is { } pools)
        {
            if (parsed.GetResult(replicas) is { Implicit: false })
                throw new BadContentException(replicas.Name, "", "--prefill-on as well", "--decode-replicas");
            number = pools.DecodeReplicas;
        }
        if (parsed.GetValue(cacheTokens) is < 1)
            throw new BadContentException(cacheTokens.Name, "", $"{parsed.GetValue(cacheTokens)}", "a number above 0");
        return question with
        {
            Replicas = number,
            Routing = Named(parsed, router, Routers) ?? RoutingPolicy.RoundRobin,
            MostWaiting = Checked(parsed, mostWaiting),
            Outages = [.. (parsed.GetValue(outages) ?? []).Select(text => OutageOf(text, number))],
            Scheduling = new SchedulingOverrides
            {
                Policy = Named(parsed, scheduler, Policies),
                MaximumSequences = Checked(parsed, sequences),
                StepTokens = Checked(parsed, stepTokens),
                CacheTokens = parsed.GetValue(cacheTokens),
                KeepsPrefixes = parsed.GetValue(noPrefixCache) ? false : null,
            },
        };
    }

    private Outage OutageOf(string text, int replicas)
    {
        var parts = text.Split(':', '-');
        return
            parts.Length == 3
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var replica)
            && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var from)
            && double.TryParse(parts[2], NumberStyles.Float, CultureInfo.InvariantCulture, out var to)
            && replica < replicas
            && from >= 0
            && to > from
            && double.IsFinite(to)
            ? new Outage(replica, from, to)
            : throw new BadContentException(
                outages.Name,
                "",
                $"\"{text}\"",
                $"a replica from 0 to {replicas - 1} and two times in seconds, such as 0:60-180"
            );
    }

    private static int? Checked(ParseResult parsed, Option<int?> option) =>
        parsed.GetValue(option) is not { } number ? null
        : number is >= 1 and <= 100_000_000 ? number
        : throw new BadContentException(option.Name, "", $"{number}", "a whole number above 0");

    private static T? Named<T>(ParseResult parsed, Option<string?> option, Dictionary<string, T> known)
        where T : struct =>
        parsed.GetValue(option) is not { } name ? null
        : known.TryGetValue(name, out var value) ? value
        : throw new BadContentException(option.Name, "", $"\"{name}\"", $"one of {string.Join(", ", known.Keys)}");

    private static Option<string?> Text(string name, IEnumerable<string> words, string description) =>
        new(name) { Description = $"{description}: {string.Join(", ", words)}", HelpName = "NAME" };

    private static Option<int?> Count(string name, string description) =>
        new(name) { Description = description, HelpName = "N" };
}
