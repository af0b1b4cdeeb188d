using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>A question about time; concurrency and rate exclude each other.</summary>
public sealed record ServingQuestion
{
    public required FitQuestion Fit { get; init; }
    public required long PromptTokens { get; init; }
    public required long OutputTokens { get; init; }

    /// <summary>Requests always in flight; null with a rate means as many as the rate makes.</summary>
    public long? Concurrency { get; init; }

    /// <summary>Requests per second that arrive whether or not earlier ones are done.</summary>
    public double? Rate { get; init; }

    /// <summary>False recomputes the whole context for every token.</summary>
    public bool KvCache { get; init; } = true;
}

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

    private static PredictAnswer Cached(ServingQuestion question, Deployment deployment, Step step, PredictAnswer blank)
    {
        var request = new RequestShape(question.PromptTokens, question.OutputTokens);
        var costs = new StepCosts(step, deployment.Rules.MaximumBatchedTokens, request, PromptPipeline.Of(deployment));
        var serving = new ClosedFormServing(costs, deployment.Rules.RequestOverhead.Seconds);
        var error = PredictionError.Of(deployment);
        var assumptions = blank.Assumptions;
        var admitted = Math.Max(1, new ServingMemory(deployment).MaximumConcurrency((long)request.MeanContext).Value);
        ServingPoint point;
        var outside = 0.0;
        if (question.Rate is { } rate)
        {
            if (serving.AtRate(rate, admitted) is not { } steady)
                return blank with { Reason = WhyOverloaded(rate, serving, admitted) };
            point = steady;
        }
        else
        {
            var offered = (double)(question.Concurrency ?? 1);
            point = serving.AtConcurrency(Math.Min(offered, admitted));
            if (offered > admitted)
            {
                outside = (offered - admitted) / point.RequestsPerSecond;
                assumptions = assumptions.Add(
                    $"Only {admitted:N0} of {offered:N0} requests are admitted at a time; the others wait, and TTFT includes that."
                );
            }
        }

        var ttft = new Duration(point.TtftSeconds + outside);
        var alone = point.InFlight <= 1;
        var ttftEstimate = alone ? error.Time(ttft) : error.FirstTokenTime(ttft);
        var tpot = error.Time(new Duration(point.TpotSeconds));
        var decode = StepShape.Decode(point.InFlight, request.MeanContext);
        return blank with
        {
            Feasible = true,
            Concurrency = Estimate.WithinFactor(
                point.InFlight,
                question.Rate is null ? 1 : error.Factor,
                error.Evidence
            ),
            TtftSeconds = ttftEstimate,
            TpotSeconds = tpot,
            EndToEndSeconds = ttftEstimate + tpot * Math.Max(0, question.OutputTokens - 1),
            OutputTokensPerSecond = question.Rate is null
                ? Estimate.WithinFactor(point.OutputTokensPerSecond, error.Factor, error.Evidence)
                : Estimate.Exact(point.OutputTokensPerSecond, error.Evidence),
            RequestsPerSecond = question.Rate is null
                ? Estimate.WithinFactor(point.RequestsPerSecond, error.Factor, error.Evidence)
                : Estimate.Exact(point.RequestsPerSecond, error.Evidence),
            PhysicalLimitTpotSeconds = step.PhysicalLimit(decode).Seconds,
            Breakdown = Breakdown(step, decode, error),
            Bound = MostlyBound(step, decode),
            Assumptions = assumptions,
        };
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
            TtftSeconds = error.Time(first + overhead),
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

    private static string WhyOverloaded(double rate, ClosedFormServing serving, double admitted)
    {
        var most = serving.AtConcurrency(admitted).RequestsPerSecond;
        return $"{rate:G3} requests per second are more than one replica finishes: about {Significant.Three(most)} with {admitted:N0} in flight";
    }

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
            Feasible = false,
            Assumptions = memory.Assumptions,
        };

    private static void RefuseAbsurd(ServingQuestion question)
    {
        Text(question.PromptTokens, "--prompt");
        Text(question.OutputTokens, "--output");
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
