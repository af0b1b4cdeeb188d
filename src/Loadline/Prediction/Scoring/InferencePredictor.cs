using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Predicts one latency or throughput from the conditions of its row.</summary>
internal sealed class InferencePredictor(CatalogReader catalog)
{
    private static readonly int[] TensorDegrees = [1, 2, 4, 8];

    private readonly DeploymentBuilder builder = new(catalog);
    private readonly Dictionary<string, Prepared?> prepared = [];
    private readonly Dictionary<string, string> refusals = [];

    /// <summary>The published metric in its published unit, or null and why not.</summary>
    public Estimate? Predict(CsvRow row, Model model, out string? refused)
    {
        var conditions = new InferenceConditions(row);
        if (WhyNot(conditions) is { } reason || Prepare(row, conditions, model, out reason!) is not { } ready)
        {
            refused = reason;
            return null;
        }
        var estimate = conditions.Scenario switch
        {
            "llama-bench pp" or "prefill-only" => Prefill(ready, conditions),
            "llama-bench tg" or "decode-only" => Decode(ready, conditions),
            "llama-bench pg" => Batch(ready, conditions, 1),
            _ when conditions.IsStaticBatch => Batch(ready, conditions, conditions.Concurrency!.Value),
            _ => Served(ready, conditions),
        };
        refused = estimate is null
            ? $"{conditions.Scenario} {conditions.Metric} is not predicted under these conditions"
            : null;
        return estimate;
    }

    private static string? WhyNot(InferenceConditions conditions) =>
        conditions.Scenario == "server-disagg" ? "disaggregated serving is not predicted yet"
        : conditions.Data > 1 ? "attention data parallelism is not predicted yet"
        : null;

    private Prepared? Prepare(CsvRow row, InferenceConditions conditions, Model model, out string refused)
    {
        var weights = conditions.Weights(model);
        if (weights is null)
        {
            refused = $"weight format {row["weight_format"]} is not known";
            return null;
        }
        if (row["accelerator_id"] is not { } accelerator)
        {
            refused = $"accelerator {row["accelerator"]} has no id";
            return null;
        }
        var key =
            $"{model.Id}|{weights}|{conditions.KvCache}|{conditions.Engine}|{accelerator}|{conditions.Devices}|{conditions.Tensor}|{conditions.Pipeline}";
        if (!prepared.TryGetValue(key, out var ready))
        {
            ready = Build(conditions, model, weights, catalog.Accelerators.Find(accelerator), out var reason);
            prepared[key] = ready;
            refusals[key] = reason ?? "";
        }
        refused = refusals[key];
        return ready;
    }

    /// <summary>The split that is stated, or the smallest that fits.</summary>
    private Prepared? Build(
        InferenceConditions conditions,
        Model model,
        string weights,
        Accelerator accelerator,
        out string? reason
    )
    {
        reason = null;
        foreach (var parallelism in Splits(conditions))
        {
            var request = new DeploymentRequest
            {
                Model = model,
                Accelerator = accelerator,
                Weights = weights,
                KvCache = conditions.KvCache is "fp16" or "bf16" ? null : conditions.KvCache,
                Engine = conditions.Engine,
                Parallelism = parallelism,
            };
            BuiltDeployment? built;
            try
            {
                built = builder.TryBuild(request, out reason);
                if (built is null)
                    continue;
                var memory = new ServingMemory(built.Deployment);
                if (memory.CachePool.High <= 0)
                {
                    reason = "it does not fit even at the lower end of the estimates";
                    continue;
                }
                return new Prepared(
                    built.Deployment,
                    new Step(built.Deployment),
                    memory,
                    PredictionError.Of(built.Deployment)
                );
            }
            catch (MissingFigureException missing)
            {
                reason = missing.Message;
            }
        }
        return null;
    }

    private static IEnumerable<Parallelism> Splits(InferenceConditions conditions)
    {
        var isLayerSplit = conditions.Engine.StartsWith("llama.cpp", StringComparison.Ordinal);
        if (isLayerSplit)
            return [new Parallelism(Pipeline: conditions.Devices)];
        if (conditions.Tensor is { } tensor)
            return [new Parallelism(tensor, conditions.Pipeline)];
        return TensorDegrees
            .Where(degree => conditions.Devices % degree == 0)
            .Select(degree => new Parallelism(degree));
    }

    private static Estimate? Prefill(Prepared ready, InferenceConditions conditions)
    {
        var sequences = conditions.Concurrency ?? 1;
        var prompt = conditions.InputTokens * sequences;
        var request = new RequestShape(prompt, 1, conditions.Depth);
        var seconds = new StepCosts(ready.Step, ready.Chunk, request, PromptPipeline.Of(ready.Deployment)).Prefill(0);
        return conditions.Metric switch
        {
            "prefill_tok_s" => ready.Rate(request.ComputedPromptTokens / seconds),
            "ttft_ms_mean" or "ttft_ms_median" => ready.Milliseconds(seconds),
            _ => null,
        };
    }

    private static Estimate? Decode(Prepared ready, InferenceConditions conditions)
    {
        var context = conditions.InputTokens + conditions.OutputTokens / 2;
        var sequences = conditions.Concurrency ?? 1;
        var seconds = ready.Step.TimeOf(StepShape.Decode(sequences, context)).Seconds;
        return conditions.Metric == "decode_tok_s_per_seq" ? ready.Rate(1 / seconds) : null;
    }

    /// <summary>One batch of equal sequences: its prompts in one go, then token by token.</summary>
    private static Estimate? Batch(Prepared ready, InferenceConditions conditions, double sequences)
    {
        var (input, output) = (conditions.InputTokens, conditions.OutputTokens);
        var admitted = Math.Max(1, ready.Memory.MaximumConcurrency((long)(input + output)).Value);
        var rounds = Math.Ceiling(sequences / admitted);
        var together = sequences / rounds;
        var prefill = 0.0;
        for (var left = input * together; left > 0; left -= ready.Chunk)
            prefill += ready
                .Step.TimeOf(
                    new StepShape(
                        Math.Min(left, ready.Chunk),
                        0,
                        Math.Max(1, Math.Min(left, ready.Chunk) / input),
                        0,
                        0
                    )
                )
                .Seconds;
        var decode = ready.Step.TimeOf(StepShape.Decode(together, input + output / 2)).Seconds;
        var seconds = rounds * (prefill + Math.Max(0, output - 1) * decode);
        return conditions.Metric switch
        {
            "total_tok_s" => ready.Rate(sequences * (input + output) / seconds),
            "output_tok_s_total" => ready.Rate(sequences * output / seconds),
            "requests_s" => ready.Rate(sequences / seconds),
            "e2e_ms" => ready.Milliseconds(seconds),
            "tpot_ms_mean" or "tpot_ms_median" => ready.Milliseconds(decode),
            "ttft_ms_mean" or "ttft_ms_median" => ready.Milliseconds(prefill),
            _ => null,
        };
    }

    /// <summary>Continuous batching, every replica with its share of the requests.</summary>
    private static Estimate? Served(Prepared ready, InferenceConditions conditions)
    {
        if (conditions.InputTokens <= 0 || conditions.OutputTokens <= 0)
            return null;
        var replicas = Math.Max(1, conditions.Devices / ready.Deployment.Parallelism.Devices);
        var request = new RequestShape(conditions.InputTokens, conditions.OutputTokens);
        var serving = new ClosedFormServing(
            new StepCosts(ready.Step, ready.Chunk, request),
            ready.Deployment.Rules.RequestOverhead.Seconds
        );
        var admitted = Math.Max(1, ready.Memory.MaximumConcurrency((long)request.MeanContext).Value);
        ServingPoint point;
        var outside = 0.0;
        if (conditions.Rate is { } rate)
        {
            if (serving.AtRate(rate / replicas, admitted) is not { } steady)
                point = serving.AtConcurrency(admitted);
            else
                point = steady;
        }
        else
        {
            var offered = conditions.Concurrency is { } all ? Math.Max(1, all / replicas) : admitted;
            point = serving.AtConcurrency(Math.Min(offered, admitted));
            outside = Math.Max(0, offered - admitted) / point.RequestsPerSecond;
        }
        var ttft = point.TtftSeconds + outside;
        return conditions.Metric switch
        {
            "tpot_ms_mean_or_median" or "tpot_ms_mean" or "tpot_ms_median" => ready.Milliseconds(point.TpotSeconds),
            "ttft_ms_mean_or_median" or "ttft_ms_mean" or "ttft_ms_median" => ready.Error.FirstTokenTime(
                new Duration(ttft)
            ) * 1e3,
            "e2e_ms" => ready.Milliseconds(ttft + (conditions.OutputTokens - 1) * point.TpotSeconds),
            "output_tok_s_total" => ready.Rate(replicas * point.OutputTokensPerSecond),
            "decode_tok_s_per_seq" => ready.Rate(1 / point.TpotSeconds),
            "total_tok_s" => ready.Rate(
                replicas * point.RequestsPerSecond * (conditions.InputTokens + conditions.OutputTokens)
            ),
            "requests_s" => ready.Rate(replicas * point.RequestsPerSecond),
            _ => null,
        };
    }

    private sealed record Prepared(Deployment Deployment, Step Step, ServingMemory Memory, PredictionError Error)
    {
        public int Chunk => Deployment.Rules.MaximumBatchedTokens;

        public Estimate Milliseconds(double seconds) => Error.Time(new Duration(seconds)) * 1e3;

        public Estimate Rate(double perSecond) => Estimate.WithinFactor(perSecond, Error.Factor, Error.Evidence);
    }
}
