using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Answers how long prompts and tokens take and how many come out per second.</summary>
public sealed class ServingPredictor(CatalogReader catalog)
{
    /// <summary>Longer prompts and outputs are mistakes, not requests.</summary>
    private const long LongestText = 100_000_000;

    /// <summary>Without a cache every token is a step of its own to add up.</summary>
    private const long LongestUncachedOutput = 4_000_000;

    /// <summary>One request in thirty years, and more than all the world sends.</summary>
    private const double LowestRate = 1e-9;
    private const double HighestRate = 1e9;

    /// <summary>Longer chains are never accepted to their end.</summary>
    private const int MostDrafts = 64;

    /// <summary>All at once, or like clockwork.</summary>
    private const double LeastBurstiness = 1e-3;
    private const double MostBurstiness = 1e3;

    private readonly FitCheck fits = new(catalog);

    public PredictAnswer Ask(ServingQuestion question)
    {
        RefuseAbsurd(question);
        if (!question.Fit.Hardware.Unequal.IsEmpty)
        {
            const string Expected = "devices that are all the same: of others only the memory is predicted";
            throw new BadContentException($"hardware \"{question.Fit.Hardware}\"", "", "different devices", Expected);
        }
        if (question.Fit.DeviceLayers < question.Fit.Model.Architecture.Layers.Length)
        {
            const string Expected = "all layers on the device: how fast the host computes the others is not known";
            throw new BadContentException("--device-layers", "", $"{question.Fit.DeviceLayers}", Expected);
        }
        var fit = question.Fit with { Context = question.PromptTokens + question.OutputTokens, Concurrency = 1 };
        var memoryAnswer = fits.Ask(fit);
        var built = fits.Build(fit);
        var unknown = Blank(question, memoryAnswer);
        if (!memoryAnswer.Fits)
            return unknown with { Reason = memoryAnswer.Reason, Nearest = memoryAnswer.Nearest };

        var step = new Step(built.Deployment);
        return question.KvCache
            ? Cached(question, built.Deployment, step, unknown)
            : Uncached(question, built.Deployment, step, unknown);
    }

    private PredictAnswer Cached(ServingQuestion question, Deployment deployment, Step step, PredictAnswer blank)
    {
        var request = new RequestShape(question.PromptTokens, question.OutputTokens, question.CachedPrefixTokens);
        var costs = new StepCosts(
            step,
            deployment.Rules.MaximumBatchedTokens,
            request,
            PromptPipeline.Of(deployment),
            Drafting(question.Fit, question.DraftTokens, question.Acceptance, deployment)
        );
        var admitted = Math.Max(1, new ServingMemory(deployment).MaximumConcurrency((long)request.MeanContext).Value);
        var steady = question.Prefill is { } pool
            ? Disaggregated(question, pool, deployment, new ServingPool(costs, pool.DecodeReplicas, admitted))
            : OnOneReplica(question, costs, deployment, admitted);
        if (steady.Point is not { } point)
            return blank with { Reason = steady.Notes[0] };

        var error = question.Prefill is null
            ? PredictionError.Of(deployment)
            : PredictionError.OfDisaggregated(deployment);
        var ttft = new Duration(point.TtftSeconds);
        var ttftEstimate = error.FirstTokenTime(ttft, isAlone: point.InFlight <= 1);
        var tpot = error.Time(new Duration(point.TpotSeconds));
        var decode = costs.StepOf(point.DecodingEach);
        // Whoever waits is in the system too (Little).
        var inSystem = question.Rate is { } arriving
            ? arriving * (point.TtftSeconds + Math.Max(0, question.OutputTokens - 1) * point.TpotSeconds)
            : point.InFlight;
        return blank with
        {
            Feasible = true,
            Concurrency = Estimate.WithinFactor(inSystem, question.Rate is null ? 1 : error.Factor, error.Evidence),
            TtftSeconds = ttftEstimate,
            TpotSeconds = tpot,
            EndToEndSeconds = ttftEstimate + tpot * Math.Max(0, question.OutputTokens - 1),
            OutputTokensPerSecond = question.Rate is null
                ? error.Throughput(point.OutputTokensPerSecond)
                : Estimate.Exact(point.OutputTokensPerSecond, error.Evidence),
            RequestsPerSecond = question.Rate is null
                ? error.Throughput(point.RequestsPerSecond)
                : Estimate.Exact(point.RequestsPerSecond, error.Evidence),
            PhysicalLimitTpotSeconds = step.PhysicalLimit(decode).Seconds / costs.TokensPerStep,
            Breakdown = Breakdown(step, decode, error),
            Bound = MostlyBound(step, decode),
            Assumptions = [.. blank.Assumptions, .. Said(question, deployment, costs), .. steady.Notes],
        };
    }

    /// <summary>The steady state and what to say of it, or null and why there is none.</summary>
    private static (ServingPoint? Point, ImmutableArray<string> Notes) OnOneReplica(
        ServingQuestion question,
        StepCosts costs,
        Deployment deployment,
        double admitted
    )
    {
        var serving = new ClosedFormServing(costs, deployment);
        if (question.Rate is { } rate)
            return serving.AtRate(rate, admitted, question.Burstiness) is { } steady
                ? (steady, [])
                : (null, [WhyOverloaded(rate, serving.AtConcurrency(admitted), "one replica")]);

        var offered = (double)(question.Concurrency ?? 1);
        var point = serving.AtConcurrency(Math.Min(offered, admitted));
        if (offered <= admitted)
            return (point, []);
        var outside = (offered - admitted) / point.RequestsPerSecond;
        return (
            point with
            {
                QueueSeconds = point.QueueSeconds + outside,
            },
            [
                $"Only {admitted:N0} of {offered:N0} requests are admitted at a time; the others wait, and TTFT includes that.",
            ]
        );
    }

    private (ServingPoint? Point, ImmutableArray<string> Notes) Disaggregated(
        ServingQuestion question,
        PrefillPool pool,
        Deployment decode,
        ServingPool decoding
    )
    {
        var fit = PrefillOf(question.Fit, pool, question.PromptTokens);
        var memory = fits.Ask(fit);
        if (!memory.Fits)
            return (null, [$"prefill on {memory.Hardware}: {memory.Reason}"]);
        var prefill = fits.Build(fit).Deployment;
        var request = decoding.Costs.Request;
        var costs = new StepCosts(new Step(prefill), prefill.Rules.MaximumBatchedTokens, request);
        var room = Math.Max(1, new ServingMemory(prefill).MaximumConcurrency(question.PromptTokens).Value);
        var transfer = CacheTransfer.SecondsOf(prefill, decode, request.PromptTokens);
        var serving = new DisaggregatedServing(
            new ServingPool(costs, pool.Replicas, room),
            decoding,
            prefill.Rules.RequestOverhead.Seconds,
            transfer
        );
        ImmutableArray<string> notes =
        [
            $"Prefill on {pool.Replicas} x {memory.Hardware} under {memory.Engine}, decode on {pool.DecodeReplicas} x {question.Fit.Hardware}; a prompt's cache takes {transfer * 1e3:0.#} ms between them, over an assumed network of {KernelLookup.NetworkPerDevice} for each device.",
            $"Prefill: {KernelLookup.Describe(prefill)}",
        ];
        if (question.Rate is not { } rate)
            return (serving.AtConcurrency(question.Concurrency ?? 1), notes);
        return serving.AtRate(rate, question.Burstiness) is { } steady
            ? (steady, notes)
            : (
                null,
                [WhyOverloaded(rate, serving.AtConcurrency(decoding.MostInFlight * decoding.Replicas), "the pools")]
            );
    }

    /// <summary>
    /// What a prefill replica is. The degrees asked for are those of the replicas that decode; prefill uses all its devices
    /// for each matrix.
    /// </summary>
    /// <param name="decode">A replica that decodes.</param>
    /// <param name="pool">Devices that compute prompts.</param>
    /// <param name="promptTokens">Length of all prompts; null where they differ.</param>
    internal static FitQuestion PrefillOf(FitQuestion decode, PrefillPool pool, long? promptTokens) =>
        decode with
        {
            Hardware = pool.Hardware,
            Context = promptTokens,
            Concurrency = 1,
            TensorParallel = null,
            PipelineParallel = null,
            ExpertParallel = null,
            DataParallel = null,
            Draft = null,
        };

    /// <summary>What the question says of serving, and devices it leaves idle.</summary>
    private static IEnumerable<string> Said(ServingQuestion question, Deployment deployment, StepCosts costs)
    {
        var used = deployment.Parallelism.Devices;
        if (used < question.Fit.Hardware.Count)
            yield return $"{used} of {question.Fit.Hardware.Count} devices are used: the degrees of parallelism say so; the others idle.";
        if (question.DraftTokens > 0)
            yield return $"{question.DraftTokens} tokens drafted for each step, each accepted with probability {question.Acceptance}: {costs.TokensPerStep:0.##} tokens a step. The draft's own prompts are not timed.";
        if (question.CachedPrefixTokens > 0)
            yield return $"{question.CachedPrefixTokens:N0} tokens of every prompt are in the cache already and are not computed.";
        if (question.Rate is not null)
            yield return question.Burstiness == 1
                ? "Requests arrive at random; in flight counts those that wait."
                : $"Times between arrivals have a squared coefficient of variation of {1 / question.Burstiness:0.###}; in flight counts those that wait.";
    }

    /// <summary>How a deployment drafts; null when it does not.</summary>
    internal static Speculation? Drafting(FitQuestion fit, int draftTokens, double acceptance, Deployment deployment)
    {
        if (draftTokens == 0)
            return null;
        if (fit.Draft is { } other && other.Architecture.VocabularySize != fit.Model.Architecture.VocabularySize)
            throw new BadContentException(
                "--draft",
                "",
                $"a vocabulary of {other.Architecture.VocabularySize:N0}",
                $"that of {fit.Model.Id}, {fit.Model.Architecture.VocabularySize:N0}: drafts are its tokens"
            );
        var draft = fit.Draft is { } model
            ? Speculation.DraftOf(deployment, model)
            : Speculation.OwnDraft(deployment)
                ?? throw new BadContentException(
                    "--draft-tokens",
                    "",
                    $"{fit.Model.Id}, which has no layer that predicts further tokens",
                    "--draft MODEL as well"
                );
        return new Speculation(draftTokens, acceptance, draft);
    }

    private static PredictAnswer Uncached(
        ServingQuestion question,
        Deployment deployment,
        Step step,
        PredictAnswer blank
    )
    {
        if (question.OutputTokens > LongestUncachedOutput)
            throw new BadContentException(
                "--output",
                "",
                $"{question.OutputTokens}",
                $"at most {LongestUncachedOutput} without a cache"
            );
        var error = PredictionError.Of(deployment);
        var (first, total) = UncachedGeneration.TimeOf(step, question.PromptTokens, question.OutputTokens);
        var overhead = deployment.Rules.RequestOverhead;
        var perToken = question.OutputTokens > 1 ? (total - first) * (1.0 / (question.OutputTokens - 1)) : total;
        var middle = StepShape.Prefill(question.PromptTokens + question.OutputTokens / 2.0);
        return blank with
        {
            Feasible = true,
            Concurrency = Estimate.Exact(1),
            TtftSeconds = error.FirstTokenTime(first + overhead, isAlone: true),
            TpotSeconds = error.Time(perToken),
            EndToEndSeconds = error.Time(total + overhead),
            OutputTokensPerSecond = question.OutputTokens / error.Time(total + overhead),
            RequestsPerSecond = 1 / error.Time(total + overhead),
            PhysicalLimitTpotSeconds = step.PhysicalLimit(middle).Seconds,
            Breakdown = Breakdown(step, middle, error),
            Bound = MostlyBound(step, middle),
            Assumptions = blank.Assumptions.Add(
                "No cache: every token recomputes the whole context; the breakdown is of a step halfway."
            ),
        };
    }

    private static string WhyOverloaded(double rate, ServingPoint most, string who) =>
        $"{rate:G3} requests per second are more than {who} can finish: about {Significant.Three(most.RequestsPerSecond)} with {most.InFlight:N0} in flight";

    private static ImmutableArray<OperatorSummary> Breakdown(Step step, StepShape shape, PredictionError error)
    {
        var total = step.TimeOf(shape).Seconds;
        return
        [
            .. step.Explain(shape)
                .OrderByDescending(item => item.Time)
                .Select(item => new OperatorSummary
                {
                    Operator = item.Name,
                    Count = item.Count,
                    Seconds = error.Time(item.Time),
                    Share = item.Time.Seconds / total,
                    Bound = item.Bound,
                    Flops = item.Work.Count,
                    Bytes = item.Bytes,
                }),
        ];
    }

    private static Bound MostlyBound(Step step, StepShape shape) =>
        step.Explain(shape).GroupBy(item => item.Bound).MaxBy(group => group.Sum(item => item.Time.Seconds))!.Key;

    private static PredictAnswer Blank(ServingQuestion question, MemoryAnswer memory) =>
        new()
        {
            Model = memory.Model,
            Hardware = memory.Hardware,
            Engine = memory.Engine,
            WeightFormat = memory.WeightFormat,
            KvFormat = memory.KvFormat,
            TensorParallel = memory.TensorParallel,
            PipelineParallel = memory.PipelineParallel,
            PromptTokens = question.PromptTokens,
            OutputTokens = question.OutputTokens,
            KvCache = question.KvCache,
            DataParallel = question.Fit.DataParallel ?? 1,
            ExpertParallel = question.Fit.ExpertParallel ?? 1,
            RatePerSecond = question.Rate,
            Burstiness = question.Rate is null ? null : question.Burstiness,
            CachedPrefixTokens = question.CachedPrefixTokens,
            DraftTokens = question.DraftTokens,
            Acceptance = question.DraftTokens > 0 ? question.Acceptance : null,
            PrefillReplicas = question.Prefill?.Replicas,
            DecodeReplicas = question.Prefill?.DecodeReplicas,
            PrefillHardware = question.Prefill?.Hardware.ToString(),
            Feasible = false,
            Assumptions = memory.Assumptions,
        };

    private static void RefuseAbsurd(ServingQuestion question)
    {
        Text(question.PromptTokens, "--prompt");
        Text(question.OutputTokens, "--output");
        if (question.CachedPrefixTokens < 0 || question.CachedPrefixTokens >= question.PromptTokens)
            throw new BadContentException(
                "--cached-prefix",
                "",
                $"{question.CachedPrefixTokens}",
                $"0 to {question.PromptTokens - 1}, less than the prompt"
            );
        if (question.DraftTokens is < 0 or > MostDrafts)
            throw new BadContentException("--draft-tokens", "", $"{question.DraftTokens}", $"0 to {MostDrafts}");
        if (question.Fit.Draft is not null && question.DraftTokens == 0)
            throw new BadContentException(
                "--draft",
                "",
                "no --draft-tokens",
                "how many tokens it drafts for each step"
            );
        if (question.Acceptance is not (>= 0 and <= 1))
            throw new BadContentException("--acceptance", "", $"{question.Acceptance}", "a probability, 0 to 1");
        if (question.Burstiness is not (>= LeastBurstiness and <= MostBurstiness))
            throw new BadContentException(
                "--burstiness",
                "",
                $"{question.Burstiness}",
                $"{LeastBurstiness} to {MostBurstiness}"
            );
        FitCheck.Refuse(question.Concurrency, "--concurrency");
        if (question.Rate is { } rate && !(rate is >= LowestRate and <= HighestRate))
            throw new BadContentException(
                "--rate",
                "",
                $"{rate}",
                $"{LowestRate} to {HighestRate} requests per second"
            );

        static void Text(long tokens, string option)
        {
            if (tokens is < 1 or > LongestText)
                throw new BadContentException(option, "", $"{tokens}", $"1 to {LongestText} tokens");
        }
    }
}
