using System.CommandLine;
using Loadline.Catalog;
using Loadline.Cli.Rendering;
using Loadline.Prediction;

namespace Loadline.Cli.Commands;

internal static class PredictCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var deployment = new DeploymentOptions();
        var prompt = new Option<long>("--prompt")
        {
            Description = "Tokens of the prompt",
            HelpName = "N",
            Required = true,
        };
        var output = new Option<long>("--output")
        {
            Description = "Tokens of the answer",
            HelpName = "N",
            Required = true,
        };
        var concurrency = new Option<long?>("--concurrency")
        {
            Description = "Requests always in flight (default 1)",
            HelpName = "N",
        };
        var rate = DecimalOption.Of("--rate", "Requests per second that arrive", "R");
        var burstiness = DecimalOption.Of(
            "--burstiness",
            "Of arrivals at a rate: 1 at random (default), less in bursts, more evenly",
            "B"
        );
        var cachedPrefix = new Option<long>("--cached-prefix")
        {
            Description = "Tokens of the prompt that are in the cache already (default 0)",
            HelpName = "N",
        };
        var draftTokens = new Option<int>("--draft-tokens")
        {
            Description = "Tokens drafted per step by --draft or the model's own layer for it (default 0)",
            HelpName = "N",
        };
        var acceptance = DecimalOption.Of(
            "--acceptance",
            "Probability that a draft is accepted when those before it were",
            "P"
        );
        var prefillOn = new Option<string?>("--prefill-on")
        {
            Description = "Hardware of one prefill replica, where prompts have devices of their own",
            HelpName = "HARDWARE",
        };
        var prefillReplicas = new Option<int>("--prefill-replicas")
        {
            Description = "Prefill replicas",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        var decodeReplicas = new Option<int>("--decode-replicas")
        {
            Description = "Replicas of --on that decode, beside --prefill-on",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        var noCache = new Option<bool>("--no-kv-cache") { Description = "Recompute the whole context for every token" };
        var placement = new PlacementOptions();
        var answer = new Answer("--output-file");
        var command = new Command("predict", "How long prompts and tokens take, and what they wait for");
        deployment.AddTo(command);
        placement.AddTo(command);
        Option[] own =
        [
            prompt,
            output,
            concurrency,
            rate,
            burstiness,
            cachedPrefix,
            draftTokens,
            acceptance,
            prefillOn,
            prefillReplicas,
            decodeReplicas,
            noCache,
        ];
        foreach (var option in own)
            command.Options.Add(option);
        answer.AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(concurrency) is not null && parsed.GetValue(rate) is not null)
                throw new BadContentException("--rate", "", "--concurrency as well", "one of the two");
            if (
                parsed.GetValue(noCache)
                && (parsed.GetValue(concurrency) ?? 1) != 1 | parsed.GetValue(rate) is not null
            )
                throw new BadContentException("--no-kv-cache", "", "several requests", "one request at a time");

            RefuseWithout(parsed, acceptance, parsed.GetValue(draftTokens) > 0, "--draft-tokens");
            RefuseWithout(parsed, burstiness, parsed.GetValue(rate) is not null, "--rate");
            RefuseWithout(parsed, prefillReplicas, parsed.GetValue(prefillOn) is not null, "--prefill-on");
            RefuseWithout(parsed, decodeReplicas, parsed.GetValue(prefillOn) is not null, "--prefill-on");
            if (parsed.GetValue(noCache) && parsed.GetValue(cachedPrefix) > 0)
                throw new BadContentException("--cached-prefix", "", "--no-kv-cache as well", "one of the two");
            if (parsed.GetValue(draftTokens) > 0 && parsed.GetValue(acceptance) is null)
                throw new BadContentException("--draft-tokens", "", "no --acceptance", "how often drafts are accepted");
            if (
                parsed.GetValue(noCache) && (parsed.GetValue(draftTokens) > 0 || parsed.GetValue(prefillOn) is not null)
            )
                throw new BadContentException("--no-kv-cache", "", "drafts or prefill devices", "neither");

            var session = Session.Open(parsed, surroundings);
            var result = new ServingPredictor(session.Catalog).Ask(
                new ServingQuestion
                {
                    Fit = placement.Read(parsed, session, deployment.Read(parsed, session)),
                    PromptTokens = parsed.GetValue(prompt),
                    OutputTokens = parsed.GetValue(output),
                    Concurrency = parsed.GetValue(concurrency),
                    Rate = parsed.GetValue(rate),
                    Burstiness = parsed.GetValue(burstiness) ?? 1,
                    CachedPrefixTokens = parsed.GetValue(cachedPrefix),
                    DraftTokens = parsed.GetValue(draftTokens),
                    Acceptance = parsed.GetValue(acceptance) ?? 0,
                    Prefill = parsed.GetValue(prefillOn) is { } hardware
                        ? new PrefillPool(
                            HardwareSpec.Parse(hardware, session.Catalog),
                            AtLeastOne(parsed.GetValue(prefillReplicas), "--prefill-replicas"),
                            AtLeastOne(parsed.GetValue(decodeReplicas), "--decode-replicas")
                        )
                        : null,
                    KvCache = !parsed.GetValue(noCache),
                }
            );
            answer.Print(parsed, surroundings, result, AnswerJson.Default.PredictAnswer, PredictPage.Render);
            return result.Feasible ? ExitCodes.Yes : ExitCodes.No;
        });
        return command;
    }

    /// <summary>An option that says nothing without another is a mistake.</summary>
    private static void RefuseWithout(ParseResult parsed, Option option, bool hasOther, string other)
    {
        if (!hasOther && parsed.GetResult(option) is { Implicit: false })
            throw new BadContentException(option.Name, "", $"no {other}", "both");
    }

    private static int AtLeastOne(int count, string option) =>
        count >= 1 ? count : throw new BadContentException(option, "", $"{count}", "a whole number above 0");
}
