using System.CommandLine;
using Loadline.Cli.Rendering;
using Loadline.Prediction;
using Loadline.Quantities;
using Loadline.Simulation;

namespace Loadline.Cli.Commands;

internal static class SimulateCommand
{
    /// <summary>Share of the run that fills the machine and is not counted, where nothing else is said.</summary>
    private const double WarmUpShare = 0.1;

    private const double UsualAttainment = 0.95;

    public static Command Create(Surroundings surroundings)
    {
        var deployment = new DeploymentOptions();
        var placement = new PlacementOptions();
        var traffic = new TrafficOptions();
        var serving = new ServingOptions();
        var speculation = new SpeculationOptions();
        var pools = new PrefillOptions();
        var ttft = DecimalOption.Of("--ttft", "Objective: seconds to the first token", "S");
        var tpot = DecimalOption.Of("--tpot", "Objective: seconds per further token", "S");
        var endToEnd = DecimalOption.Of("--end-to-end", "Objective: seconds to the last token", "S");
        var find = new Option<string?>("--find")
        {
            Description =
                "Look for the most that keeps the objectives: rate, users; or for the fewest replicas that do: replicas",
            HelpName = "WHAT",
        };
        var attainment = DecimalOption.Of(
            "--attainment",
            $"Share of the requests that has to keep the objectives, for --find (default {UsualAttainment})",
            "P"
        );
        var warmUp = DecimalOption.Of(
            "--warm-up",
            "Seconds whose requests are not counted (default: a tenth of the time in which they arrive)",
            "S"
        );
        var requests = new Option<string?>("--requests")
        {
            Description = "Write every request into a CSV",
            HelpName = "FILE",
        };
        var timeline = new Option<string?>("--timeline")
        {
            Description = "Write every step as a Chrome trace, for Perfetto",
            HelpName = "FILE",
        };
        var answer = new Answer("--output-file");
        var command = new Command("simulate", "What users feel when they share the machine, request by request");
        deployment.AddTo(command);
        traffic.AddTo(command);
        serving.AddTo(command);
        Option[] own = [ttft, tpot, endToEnd, find, attainment, warmUp, requests, timeline];
        foreach (var option in own)
            command.Options.Add(option);
        placement.AddTo(command);
        speculation.AddTo(command);
        pools.AddTo(command);
        answer.AddTo(command);
        command.SetAction(parsed =>
        {
            var session = Session.Open(parsed, surroundings);
            var fit = placement.Read(parsed, session, deployment.Read(parsed, session));
            var asked = Progress.Run(surroundings, "reading traffic", () => traffic.Read(parsed));
            var objectives = new RequestObjectives
            {
                TtftSeconds = Seconds(parsed, ttft),
                TpotSeconds = Seconds(parsed, tpot),
                EndToEndSeconds = Seconds(parsed, endToEnd),
            };
            var question = serving.Read(
                parsed,
                new SimulationQuestion
                {
                    Fit = fit,
                    Traffic = asked.Traffic,
                    TrafficName = asked.Name,
                    Lengths = asked.Lengths,
                    Objectives = objectives,
                    WarmUpSeconds = Seconds(parsed, warmUp, orZero: true) ?? WarmUpOf(asked.Traffic),
                    DraftTokens = speculation.DraftTokens(parsed),
                    Acceptance = speculation.Acceptance(parsed),
                    Prefill = pools.Read(parsed, session),
                }
            );
            var watch = new RunWatch
            {
                Cancellation = surroundings.Interrupt,
                KeepsSpans = parsed.GetValue(timeline) is not null,
            };
            var attained = Share(parsed, attainment);
            if (parsed.GetValue(find) is { } wanted)
                Check(wanted, question, asked);
            var simulator = new ServingSimulator(session.Catalog);
            var report = Progress.Run(
                surroundings,
                "simulating",
                say => simulator.Ask(question, watch with { Progress = new Count(say, asked.Traffic.Requests) })
            );
            if (report.Feasible && !report.Partial && parsed.GetValue(find) is { } what)
                report = report with
                {
                    Capacity = Progress.Run(
                        surroundings,
                        "looking for the limit",
                        () => Find(simulator, question, asked, what, attained, watch)
                    ),
                };
            if (report.Run is { } run)
            {
                Write(parsed, requests, writer => RequestsFile.Write(writer, run.Requests.Span));
                Write(parsed, timeline, writer => TimelineFile.Write(writer, run));
            }
            answer.Print(parsed, surroundings, report, AnswerJson.Default.ServingReport, SimulatePage.Render);
            return report.Partial ? ExitCodes.Interrupted
                : report.Feasible ? ExitCodes.Yes
                : ExitCodes.No;
        });
        return command;
    }

    private static Capacity Find(
        ServingSimulator simulator,
        SimulationQuestion question,
        RequestedTraffic asked,
        string what,
        double attainment,
        RunWatch watch
    )
    {
        if (what == "replicas")
            return new Capacity(what, simulator.Smallest(question, attainment, watch), attainment);
        var most = asked.IsOfUsers ? asked.Traffic.Requests : TrafficOptions.MostPerSecond;
        var largest = simulator.Largest(
            question,
            asked.Amount!.Value,
            most,
            asked.IsOfUsers,
            asked.At!,
            attainment,
            watch
        );
        return new Capacity(asked.IsOfUsers ? "users" : "requestsPerSecond", largest, attainment);
    }

    /// <summary>Before anything is played, whether what is looked for has a limit.</summary>
    private static void Check(string what, SimulationQuestion question, RequestedTraffic asked)
    {
        var fits = asked.IsOfUsers ? "users" : "rate";
        if (what != "replicas" && (what != fits || asked is { At: null } or { Amount: null }))
            throw new BadContentException("--find", "", $"\"{what}\"", $"replicas, or {fits} with this traffic");
        if (what == "replicas" && question.Prefill is not null)
            throw new BadContentException("--find", "", "replicas beside --prefill-on", "replicas that do both");
        // Users who wait for their answers never make a line that grows.
        if (asked.IsOfUsers && question.Objectives.AskNothing)
            throw new BadContentException(
                "--find",
                "",
                $"{what} without an objective",
                "--ttft, --tpot or --end-to-end"
            );
    }

    private static double WarmUpOf(Traffic traffic) =>
        traffic is TraceTraffic { Requests: > 0 } trace
            ? WarmUpShare * (trace.Arrivals[^1].Seconds - trace.Arrivals[0].Seconds)
            : 0;

    private static double? Seconds(ParseResult parsed, Option<double?> option, bool orZero = false) =>
        parsed.GetValue(option) is not { } seconds ? null
        : double.IsFinite(seconds) && (seconds > 0 || orZero && seconds == 0) ? seconds
        : throw new BadContentException(option.Name, "", $"{seconds}", "seconds above 0");

    private static double Share(ParseResult parsed, Option<double?> option) =>
        parsed.GetValue(option) is not { } share ? UsualAttainment
        : share is > 0 and <= 1 ? share
        : throw new BadContentException(option.Name, "", $"{share}", "a share above 0, up to 1");

    private static void Write(ParseResult parsed, Option<string?> option, Action<TextWriter> write)
    {
        if (parsed.GetValue(option) is not { } file)
            return;
        if (string.IsNullOrWhiteSpace(file))
            throw new BadContentException(option.Name, "", "an empty name", "a file");
        Answer.Write(file, write);
    }

    private sealed class Count(Action<string> say, int all) : IProgress<int>
    {
        public void Report(int value) => say($"{value:N0} of {all:N0} requests");
    }
}
