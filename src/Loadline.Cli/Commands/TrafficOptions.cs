using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Loadline.Simulation;

namespace Loadline.Cli.Commands;

/// <summary>The options that say which requests come, and when.</summary>
internal sealed class TrafficOptions
{
    private const int DefaultRequests = 2_000;
    private const int MostRequests = 20_000_000;
    private const double LeastPerSecond = 1e-9;
    public const double MostPerSecond = 1e9;

    private readonly LengthOptions lengths = new();
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
    private readonly Option<int?> users = Count(
        "--users",
        "People who send the next request when the last was answered (closed loop)"
    );
    private readonly Option<double?> think = DecimalOption.Of(
        "--think",
        "Mean seconds between an answer and the next request, with --users or --turns (default 0)",
        "S"
    );
    private readonly Option<int?> turns = Count(
        "--turns",
        "Mean requests of a conversation, each prompt with all that was said before; --rate is then of conversations"
    );
    private readonly Option<double?> burstiness = DecimalOption.Of(
        "--burstiness",
        "Of arrivals at a rate: 1 at random (default), less in bursts, more evenly",
        "B"
    );
    private readonly Option<string?> daily = new("--daily")
    {
        Description =
            "24 numbers: how busy each hour of a day is beside the others, from midnight on; --rate is their mean",
        HelpName = "A,B,...",
    };
    private readonly Option<int?> count = Count(
        "--count",
        $"Requests, or conversations with --turns (default {DefaultRequests:N0}, or the whole trace)"
    );
    private readonly Option<double?> seconds = DecimalOption.Of(
        "--duration",
        "Seconds in which requests arrive, instead of --count",
        "S"
    );
    private readonly Option<long> seed = new("--seed")
    {
        Description = "Of what is drawn at random (default 1)",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[trace, rate, users, think, turns, burstiness, daily])
            command.Options.Add(option);
        lengths.AddTo(command);
        foreach (var option in (Option[])[count, seconds, seed])
            command.Options.Add(option);
    }

    /// <summary>The requests, and how they become more or fewer.</summary>
    public RequestedTraffic Read(ParseResult parsed)
    {
        if (parsed.GetValue(trace) is { } file)
            return OfTrace(parsed, file);
        if (parsed.GetValue(users) is { } people)
            return OfUsers(parsed, lengths.Read(parsed), AtLeastOne(people, users.Name));
        var perSecond = PerSecond(
            parsed.GetValue(rate)
                ?? throw new BadContentException("simulate", "", "no requests", "--trace, --rate or --users")
        );
        return parsed.GetValue(turns) is { } mean
            ? OfConversations(parsed, lengths.Read(parsed), perSecond, Turns(mean))
            : OfRate(parsed, lengths.Read(parsed), perSecond);
    }

    private RequestedTraffic OfTrace(ParseResult parsed, string file)
    {
        foreach (var option in (Option[])[users, turns, burstiness, daily, think, seed, .. lengths.All])
            OtherOption.RefuseBeside(parsed, option, trace);
        var read = TraceFile.Read(file);
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
            TypicalLengths.Of(arrivals),
            own is null ? null : at => new TraceTraffic(scaled.ScaleRate(at / own.Value)),
            own
        );
    }

    private RequestedTraffic OfRate(ParseResult parsed, RequestedLengths asked, double perSecond)
    {
        OtherOption.RefuseBeside(parsed, think, rate);
        var arrivals = At(perSecond, CountOf(parsed));
        return new RequestedTraffic(
            new TraceTraffic(arrivals),
            $"{arrivals.Length:N0} requests, {perSecond:G4} per second{Said(parsed)}, {asked.Name}",
            TypicalLengths.Of(arrivals),
            rate => new TraceTraffic(At(rate, LongEnough(parsed, rate))),
            perSecond
        );

        Arrival[] At(double rate, int requests)
        {
            var traffic = new GeneratedTraffic
            {
                Process = Process(parsed, rate),
                Lengths = asked.Both,
                Prefix = asked.Prefix,
                Count = requests,
                Seconds = SecondsOf(parsed),
                Seed = SeedOf(parsed),
            }.Generate();
            return traffic.Length > 0
                ? traffic
                : throw new BadContentException(seconds.Name, "", "no request in that time", "a longer time");
        }
    }

    /// <summary>
    /// Requests of a trial at some rate: two minutes of them, so that a line has the time to grow where one does, unless it was
    /// said how many there are.
    /// </summary>
    private int LongEnough(ParseResult parsed, double perSecond)
    {
        const double Seconds = 120;
        const int Most = 200_000;
        var own = CountOf(parsed);
        return parsed.GetValue(count) is null && parsed.GetValue(seconds) is null
            ? (int)Math.Clamp(Seconds * perSecond, own, Most)
            : own;
    }

    private RequestedTraffic OfUsers(ParseResult parsed, RequestedLengths asked, int people)
    {
        foreach (var option in (Option[])[rate, turns, burstiness, daily, seconds])
            OtherOption.RefuseBeside(parsed, option, users);
        var pause = parsed.GetValue(think) ?? 0;
        if (!(pause is >= 0 and <= 1e6))
            throw new BadContentException(think.Name, "", $"{pause}", "0 to 1e6 seconds");
        var generated = new GeneratedTraffic
        {
            Process = ArrivalProcess.Even(new RateProfile.Constant(1)),
            Lengths = asked.Both,
            Prefix = asked.Prefix,
            Count = parsed.GetValue(count) is null
                ? (int)Math.Clamp(10L * people, DefaultRequests, MostRequests)
                : CountOf(parsed),
            Seed = SeedOf(parsed),
        }.Generate();
        const ulong ThinkStream = 77;
        var random = new CounterRandom(SeedOf(parsed), ThinkStream);
        return new RequestedTraffic(
            Of(people),
            $"{people:N0} users{(pause > 0 ? $" who think {pause:G3} s" : "")}, {generated.Length:N0} requests, {asked.Name}",
            TypicalLengths.Of(generated),
            number => Of(Math.Max(1, (int)number)),
            people
        )
        {
            IsOfUsers = true,
        };

        UserTraffic Of(int number) =>
            new(generated, number, pause > 0 ? request => -Math.Log(random.Uniform(request)) * pause : null);
    }

    private RequestedTraffic OfConversations(ParseResult parsed, RequestedLengths asked, double perSecond, int mean)
    {
        if (asked is not { Message: { } message, Answer: { } answer })
            throw new BadContentException(
                "--lengths-from",
                "",
                "--turns as well",
                "--prompt and --output of a message"
            );
        var traffic = Of(perSecond);
        return new RequestedTraffic(
            traffic,
            $"{traffic.Sessions:N0} conversations of {mean} requests on average, {perSecond:G4} per second{Said(parsed)}, messages of {asked.MeanPrompt:N0} tokens and answers of {asked.MeanAnswer:N0}",
            new TypicalLengths(
                (long)asked.MeanPrompt * ((mean + 1) / 2),
                asked.MeanAnswer,
                ((long)asked.MeanPrompt + asked.MeanAnswer) * mean
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
                    Message = message,
                    Answer = answer,
                    Think = parsed.GetValue(think) is { } pause and > 0
                        ? new ThinkTime.Exponential(pause)
                        : ThinkTime.None,
                    SystemPrompt = asked.Prefix,
                    Sessions = CountOf(parsed),
                    Seconds = SecondsOf(parsed),
                    Seed = SeedOf(parsed),
                }
            );
    }

    private ArrivalProcess Process(ParseResult parsed, double perSecond)
    {
        const double Least = 1e-3;
        const double Most = 1e3;
        RateProfile profile = parsed.GetValue(daily) is { } hours
            ? new RateProfile.Daily(perSecond, HoursOf(hours))
            : new RateProfile.Constant(perSecond);
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

    private ImmutableArray<double> HoursOf(string text)
    {
        const int HoursPerDay = 24;
        var hours = text.Split(',')
            .Select(part =>
                double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var hour) ? hour : -1
            )
            .ToImmutableArray();
        return hours.Length == HoursPerDay && hours.All(hour => hour is >= 0 and < 1e9) && hours.Any(hour => hour > 0)
            ? hours
            : throw new BadContentException(
                daily.Name,
                "",
                $"\"{text}\"",
                $"{HoursPerDay} numbers from 0 on, not all 0, such as 1,1,1,1,1,2,4,8,..."
            );
    }

    private double PerSecond(double asked) =>
        asked is >= LeastPerSecond and <= MostPerSecond
            ? asked
            : throw new BadContentException(rate.Name, "", $"{asked}", "1e-9 to 1e9 requests per second");

    private string Said(ParseResult parsed)
    {
        var day = parsed.GetValue(daily) is null ? "" : " on average of the day";
        return parsed.GetValue(burstiness) is { } regularity and not 1
            ? $"{day} with a burstiness of {regularity:G3}"
            : $"{day} at random";
    }

    private int CountOf(ParseResult parsed)
    {
        if (parsed.GetValue(count) is not { } asked)
            return parsed.GetValue(seconds) is null ? DefaultRequests : MostRequests;
        return AtLeastOne(asked, count.Name);
    }

    private double SecondsOf(ParseResult parsed) =>
        parsed.GetValue(seconds) is { } until ? Positive(until, seconds.Name) : double.PositiveInfinity;

    private ulong SeedOf(ParseResult parsed) => unchecked((ulong)parsed.GetValue(seed));

    private static double Positive(double number, string option) =>
        number > 0 && double.IsFinite(number)
            ? number
            : throw new BadContentException(option, "", $"{number}", "a number above 0");

    private static int AtLeastOne(int number, string option) =>
        number is >= 1 and <= MostRequests
            ? number
            : throw new BadContentException(option, "", $"{number}", $"1 to {MostRequests}");

    private static Option<int?> Count(string name, string description) =>
        new(name) { Description = description, HelpName = "N" };
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
