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
        var speculation = new SpeculationOptions();
        var pools = new PrefillOptions();
        var noCache = new Option<bool>("--no-kv-cache") { Description = "Recompute the whole context for every token" };
        var placement = new PlacementOptions();
        var answer = new Answer("--output-file");
        var command = new Command("predict", "How long prompts and tokens take, and what they wait for");
        deployment.AddTo(command);
        placement.AddTo(command);
        Option[] own = [prompt, output, concurrency, rate, burstiness, cachedPrefix];
        foreach (var option in own)
            command.Options.Add(option);
        speculation.AddTo(command);
        pools.AddTo(command);
        command.Options.Add(noCache);
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

            var drafts = speculation.DraftTokens(parsed);
            OtherOption.RefuseWithout(parsed, burstiness, parsed.GetValue(rate) is not null, "--rate");
            if (parsed.GetValue(noCache) && parsed.GetValue(cachedPrefix) > 0)
                throw new BadContentException("--cached-prefix", "", "--no-kv-cache as well", "one of the two");
            var session = Session.Open(parsed, surroundings);
            var prefill = pools.Read(parsed, session);
            if (parsed.GetValue(noCache) && (drafts > 0 || prefill is not null))
                throw new BadContentException("--no-kv-cache", "", "drafts or prefill devices", "neither");
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
                    DraftTokens = drafts,
                    Acceptance = speculation.Acceptance(parsed),
                    Prefill = prefill,
                    KvCache = !parsed.GetValue(noCache),
                }
            );
            answer.Print(parsed, surroundings, result, AnswerJson.Default.PredictAnswer, PredictPage.Render);
            return result.Feasible ? ExitCodes.Yes : ExitCodes.No;
        });
        return command;
    }
}
