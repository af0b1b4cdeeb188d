using System.CommandLine;
using Loadline.Simulation;

namespace Loadline.Cli.Commands;

/// <summary>The options that say which requests come, and when.</summary>
internal sealed class TrafficOptions
{
    private const int DefaultRequests = 2_000;
    private const int MostRequests = 20_000_000;

    /// <summary>Requests per second beyond any machine.</summary>
    public const double MostPerSecond = 1e9;
    private const double LeastPerSecond = 1e-9;

    private readonly Option<string?> trace = new("--trace")
    {
        Description =
            "Recorded requests: Azure CSV, Mooncake JSONL, BurstGPT CSV, or own CSV or JSONL (arrivalSeconds, promptTokens, outputTokens)",
        HelpName = "FILE",
    };
    private readonly Option<double?> rate = DecimalOption.Of(
        "--rate",
        "Requests per second that arrive; with --trace, the mean rate it is stretched to",
        "R"
    );
    private readonly Option<int?> users = New<int?>(
        "--users",
        "People who send the next request when the last was answered (closed loop)",
        "N"
    );
    private readonly Option<double?> think = DecimalOption.Of(
        "--think",
        "Mean seconds between an answer and the next request, with --users or --turns (default 0)",
        "S"
    );
    private readonly Option<int?> turns = New<int?>(
        "--turns",
        "Mean requests of a conversation, each prompt with all that was said before; --rate is then of conversations",
        "N"
    );
    private readonly Option<double?> burstiness = DecimalOption.Of(
        "--burstiness",
        "Of arrivals at a rate: 1 at random (default), less in bursts, more evenly",
        "B"
    );
    private readonly Option<int?> prompt = New<int?>("--prompt", "Tokens of a prompt, mean", "N");
    private readonly Option<int?> promptP95 = New<int?>(
        "--prompt-p95",
        "Tokens that 95 % of prompts stay below (default: all alike)",
        "N"
    );
    private readonly Option<int?> output = New<int?>("--output", "Tokens of an answer, mean", "N");
    private readonly Option<int?> outputP95 = New<int?>(
        "--output-p95",
        "Tokens that 95 % of answers stay below (default: all alike)",
        "N"
    );
    private readonly Option<int?> prefix = New<int?>(
        "--shared-prefix",
        "Tokens of --prompt that are the same in all requests of a group: a system prompt (default 0)",
        "N"
    );
    private readonly Option<int> groups = New<int>("--prefix-groups", "Different shared prefixes (default 1)", "N");
    private readonly Option<int?> count = New<int?>(
        "--count",
        $"Requests, or conversations with --turns (default {DefaultRequests:N0}, or the whole trace)",
        "N"
    );
    private readonly Option<double?> seconds = DecimalOption.Of(
        "--duration",
        "Seconds in which requests arrive, instead of --count",
        "S"
    );
    private readonly Option<long> seed = New<long>("--seed", "Of what is drawn at random (default 1)", "N");

    public TrafficOptions()
    {
        groups.DefaultValueFactory = _ => 1;
        seed.DefaultValueFactory = _ => 1;
    }

    public void AddTo(Command command)
    {
        Option[] all =
        [
            trace,
            rate,
            users,
            think,
            turns,
            burstiness,
            prompt,
            promptP95,
            output,
            outputP95,
            prefix,
            groups,
            count,
            seconds,
            seed,
        ];
        foreach (var option in all)
            command.Options.Add(option);
    }

    /// <summary>The requests, and how they become more or fewer.</summary>
    public RequestedTraffic Read(ParseResult parsed)
    {
        if (parsed.GetValue(trace) is { } file)
            return OfTrace(parsed, file);
        var own = new Lengths(
            Tokens(parsed, prompt, null),
            Tokens(parsed, output, null),
            Sampler(parsed, prompt, promptP95, SharedOf(parsed)),
            Sampler(parsed, output, outputP95, 0)
        );
        Refuse(parsed, rate, users, "one of the two");
        if (parsed.GetValue(users) is { } people)
            return OfUsers(parsed, own, AtLeastOne(people, users.Name));
        var perSecond = PerSecond(
            parsed.GetValue(rate)
                ?? throw new BadContentException("simulate", "", "no requests", "--trace, --rate or --users")
        );
        return parsed.GetValue(turns) is { } mean
            ? OfConversations(parsed, own, perSecond, Turns(mean))
            : OfRate(parsed, own, perSecond);
    }

    private RequestedTraffic OfTrace(ParseResult parsed, string file)
    {
        foreach (
            var option in (Option[])[users, turns, prompt, promptP95, output, outputP95, prefix, burstiness, think]
        )
            RefuseBeside(parsed, option, trace);
        if (Directory.Exists(file))
            throw new IOException($"{file}: is a directory; expected a request trace");
        if (!File.Exists(file))
            throw new FileNotFoundException($"{file}: no such file", file);
        const long LargestTrace = 2_000_000_000;
        using var text = new BoundedText(file, File.OpenText(file), LargestTrace, "a request trace");
        var read = TraceReader.Read(Path.GetFileName(file), text);
        var arrivals = read.Arrivals;
        if (parsed.GetValue(seconds) is { } until)
            arrivals = arrivals.Between(0, Positive(until, seconds.Name));
        if (arrivals.Length == 0)
            throw new BadContentException(seconds.Name, "", "no request before it", "a time after the first arrival");
        if (parsed.GetValue(count) is { } wanted)
            arrivals =
                AtLeastOne(wanted, count.Name) <= arrivals.Length || arrivals.Length == 1
                    ? arrivals.First(wanted)
                    : arrivals.Tiled(wanted);
        var summary = TraceSummary.Of(arrivals);
        var own = summary.RequestsPerSecond;
        if (parsed.GetValue(rate) is { } asked)
        {
            if (own is not { } mean)
                throw new BadContentException(rate.Name, "", "requests that all come at once", "a trace with times");
            arrivals = arrivals.ScaleRate(PerSecond(asked) / mean);
            own = asked;
        }
        var scaled = arrivals;
        return new RequestedTraffic(
            new TraceTraffic(arrivals),
            $"{read.Format} {Path.GetFileName(file)}, {arrivals.Length:N0} requests{(own is { } shown ? $", {shown:G3} per second" : "")}, prompts of {summary.Prompt.Mean:N0} tokens and answers of {summary.Output.Mean:N0} on average",
            LengthsOf(arrivals),
            own is null ? null : at => new TraceTraffic(scaled.ScaleRate(at / own.Value)),
            own
        );
    }

    private RequestedTraffic OfRate(ParseResult parsed, Lengths lengths, double perSecond)
    {
        RefuseBeside(parsed, think, rate);
        var arrivals = At(perSecond);
        return new RequestedTraffic(
            new TraceTraffic(arrivals),
            $"{arrivals.Length:N0} requests, {perSecond:G4} per second{Said(parsed)}, {lengths}",
            LengthsOf(arrivals),
            rate => new TraceTraffic(At(rate)),
            perSecond
        );

        Arrival[] At(double rate)
        {
            var traffic = new GeneratedTraffic
            {
                Process = Process(parsed, rate),
                Lengths = new RequestLengths.Independent(lengths.Prompt, lengths.Output),
                Prefix = PrefixOf(parsed),
                Count = CountOf(parsed),
                Seconds = parsed.GetValue(seconds) is { } until
                    ? Positive(until, seconds.Name)
                    : double.PositiveInfinity,
                Seed = SeedOf(parsed),
            }.Generate();
            return traffic.Length > 0
                ? traffic
                : throw new BadContentException(seconds.Name, "", "no request in that time", "a longer time");
        }
    }

    private RequestedTraffic OfUsers(ParseResult parsed, Lengths lengths, int people)
    {
        foreach (var option in (Option[])[turns, burstiness, seconds])
            RefuseBeside(parsed, option, users);
        var pause = parsed.GetValue(think) ?? 0;
        if (!(pause is >= 0 and <= 1e6))
            throw new BadContentException(think.Name, "", $"{pause}", "0 to 1e6 seconds");
        var generated = new GeneratedTraffic
        {
            Process = ArrivalProcess.Even(new RateProfile.Constant(1)),
            Lengths = new RequestLengths.Independent(lengths.Prompt, lengths.Output),
            Prefix = PrefixOf(parsed),
            Count = parsed.GetValue(count) is { } asked ? CountOf(parsed) : Math.Max(DefaultRequests, 10 * people),
            Seed = SeedOf(parsed),
        }.Generate();
        const ulong ThinkStream = 77;
        var random = new CounterRandom(SeedOf(parsed), ThinkStream);
        return new RequestedTraffic(
            Of(people),
            $"{people:N0} users{(pause > 0 ? $" who think {pause:G3} s" : "")}, {generated.Length:N0} requests, {lengths}",
            LengthsOf(generated),
            number => Of(Math.Max(1, (int)number)),
            people
        )
        {
            IsOfUsers = true,
        };

        UserTraffic Of(int number) =>
            new(generated, number, pause > 0 ? request => -Math.Log(random.Uniform(request)) * pause : null);
    }

    private RequestedTraffic OfConversations(ParseResult parsed, Lengths lengths, double perSecond, int mean)
    {
        var traffic = Of(perSecond);
        return new RequestedTraffic(
            traffic,
            $"{traffic.Sessions:N0} conversations of {mean} requests on average, {perSecond:G4} per second{Said(parsed)}, messages of {lengths.PromptTokens:N0} tokens and answers of {lengths.OutputTokens:N0}",
            new TypicalLengths(
                (long)lengths.PromptTokens * ((mean + 1) / 2),
                lengths.OutputTokens,
                ((long)lengths.PromptTokens + lengths.OutputTokens) * mean
            ),
            rate => Of(rate),
            perSecond
        );

        SessionTraffic Of(double rate) =>
            new(
                new SessionPlan
                {
                    Process = Process(parsed, rate),
                    Turns = mean == 1 ? new TurnCount.Constant(1) : new TurnCount.Geometric(mean),
                    Message = lengths.Prompt,
                    Answer = lengths.Output,
                    Think = parsed.GetValue(think) is { } pause and > 0
                        ? new ThinkTime.Exponential(pause)
                        : ThinkTime.None,
                    SystemPrompt = PrefixOf(parsed),
                    Sessions = CountOf(parsed),
                    Seconds = parsed.GetValue(seconds) is { } until
                        ? Positive(until, seconds.Name)
                        : double.PositiveInfinity,
                    Seed = SeedOf(parsed),
                }
            );
    }

    private ArrivalProcess Process(ParseResult parsed, double perSecond)
    {
        const double Least = 1e-3;
        const double Most = 1e3;
        var profile = new RateProfile.Constant(perSecond);
        if (parsed.GetValue(burstiness) is not { } regularity || regularity == 1)
            return ArrivalProcess.Poisson(profile);
        if (!(regularity is >= Least and <= Most))
            throw new BadContentException(burstiness.Name, "", $"{regularity}", $"{Least} to {Most}");
        return ArrivalProcess.Gamma(profile, regularity);
    }

    private int Turns(int mean)
    {
        const int Most = 10_000;
        return mean is >= 1 and <= Most
            ? mean
            : throw new BadContentException(turns.Name, "", $"{mean}", $"1 to {Most}");
    }

    private double PerSecond(double asked) =>
        asked is >= LeastPerSecond and <= MostPerSecond
            ? asked
            : throw new BadContentException(rate.Name, "", $"{asked}", "1e-9 to 1e9 requests per second");

    private string Said(ParseResult parsed) =>
        parsed.GetValue(burstiness) is { } regularity and not 1
            ? $" with a burstiness of {regularity:G3}"
            : " at random";

    private static LengthSampler Sampler(ParseResult parsed, Option<int?> mean, Option<int?> p95, int shared)
    {
        var tokens = Tokens(parsed, mean, null) - shared;
        if (parsed.GetValue(p95) is not { } high)
            return new LengthSampler.Constant(tokens);
        high -= shared;
        var most = TokenLengths.LargestRatio * tokens;
        return high >= tokens && high <= most
            ? new LengthSampler.LogNormal(new TokenLengths(tokens, high))
            : throw new BadContentException(
                p95.Name,
                "",
                $"{high + shared}",
                $"{tokens + shared} to {Math.Floor(most) + shared:F0}, the mean to what a log-normal distribution can have"
            );
    }

    private static int Tokens(ParseResult parsed, Option<int?> option, int? missing)
    {
        const int Most = 100_000_000;
        var tokens =
            parsed.GetValue(option)
            ?? missing
            ?? throw new BadContentException(option.Name, "", "nothing", "tokens, or a --trace");
        return tokens is >= 1 and <= Most
            ? tokens
            : throw new BadContentException(option.Name, "", $"{tokens}", $"1 to {Most} tokens");
    }

    private int SharedOf(ParseResult parsed)
    {
        if (parsed.GetValue(prefix) is not { } shared)
            return 0;
        var most = Tokens(parsed, prompt, null) - 1;
        return shared >= 0 && shared <= most
            ? shared
            : throw new BadContentException(prefix.Name, "", $"{shared}", $"0 to {most}, less than the prompt");
    }

    private SharedPrefix? PrefixOf(ParseResult parsed) =>
        SharedOf(parsed) is > 0 and var tokens
            ? new SharedPrefix(tokens, AtLeastOne(parsed.GetValue(groups), groups.Name))
            : null;

    private int CountOf(ParseResult parsed)
    {
        if (parsed.GetValue(count) is not { } asked)
            return parsed.GetValue(seconds) is null ? DefaultRequests : MostRequests;
        return asked is >= 1 and <= MostRequests
            ? asked
            : throw new BadContentException(count.Name, "", $"{asked}", $"1 to {MostRequests}");
    }

    private ulong SeedOf(ParseResult parsed) => unchecked((ulong)parsed.GetValue(seed));

    private static TypicalLengths LengthsOf(Arrival[] arrivals) =>
        new(
            Math.Max(1, (long)arrivals.Average(arrival => arrival.PromptTokens)),
            Math.Max(1, (long)arrivals.Average(arrival => arrival.OutputTokens)),
            arrivals.Max(arrival => (long)arrival.PromptTokens + arrival.OutputTokens)
        );

    private static double Positive(double number, string option) =>
        number > 0 && double.IsFinite(number)
            ? number
            : throw new BadContentException(option, "", $"{number}", "a number above 0");

    private static int AtLeastOne(int number, string option) =>
        number is >= 1 and <= MostRequests
            ? number
            : throw new BadContentException(option, "", $"{number}", $"1 to {MostRequests}");

    private static void Refuse<T, TOther>(ParseResult parsed, Option<T> one, Option<TOther> other, string expected)
    {
        if (parsed.GetResult(one) is { Implicit: false } && parsed.GetResult(other) is { Implicit: false })
            throw new BadContentException(one.Name, "", $"{other.Name} as well", expected);
    }

    private static void RefuseBeside(ParseResult parsed, Option option, Option given)
    {
        if (parsed.GetResult(option) is { Implicit: false })
            throw new BadContentException(option.Name, "", $"{given.Name} as well", "one of the two");
    }

    private static Option<T> New<T>(string name, string description, string help) =>
        new(name) { Description = description, HelpName = help };

    private sealed record Lengths(int PromptTokens, int OutputTokens, LengthSampler Prompt, LengthSampler Output)
    {
        public override string ToString() =>
            $"prompts of {PromptTokens:N0} tokens and answers of {OutputTokens:N0}{(Prompt is LengthSampler.Constant && Output is LengthSampler.Constant ? "" : " on average")}";
    }
}

/// <summary>Requests as asked for.</summary>
/// <param name="Traffic">They themselves.</param>
/// <param name="Name">What they are, in words.</param>
/// <param name="Lengths">How long they are.</param>
/// <param name="At">The same at another rate or with so many users; null where it cannot be changed.</param>
/// <param name="Amount">Requests per second, or users.</param>
internal sealed record RequestedTraffic(
    Traffic Traffic,
    string Name,
    TypicalLengths Lengths,
    Func<double, Traffic>? At,
    double? Amount
)
{
    /// <summary>True when the amount is a number of users.</summary>
    public bool IsOfUsers { get; init; }
}
