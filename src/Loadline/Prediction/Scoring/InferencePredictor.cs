using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Predicts one latency or throughput from the conditions of its row.</summary>
/// <param name="catalog">What is known.</param>
/// <param name="replay">
/// Plays runs with a stated number of requests in flight again; null answers them by the closed form.
/// </param>
internal sealed class InferencePredictor(CatalogReader catalog, Func<LoadReplay, LoadReplayTimes?>? replay = null)
{
    private readonly Dictionary<LoadReplay, LoadReplayTimes?> replayed = [];
    private readonly DeploymentBuilder builder = new(catalog);
    private readonly Dictionary<string, PreparedRun?> prepared = [];
    private readonly Dictionary<string, string> refusals = [];

    /// <summary>The published metric in its published unit, or null and why not.</summary>
    public Estimate? Predict(InferenceConditions conditions, Model model, out string? refused)
    {
        if (DisaggregatedLayout.IsMeant(conditions, model.Architecture))
            return Disaggregated(conditions, model, out refused);
        if (Prepare(conditions, model, out refused!) is not { } ready)
            return null;
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

    /// <summary>Id of the accelerator that a row states or prints; null when the catalog knows none by that name.</summary>
    public string? AcceleratorOf(InferenceConditions conditions) =>
        conditions.Stated.AcceleratorId
        ?? (conditions.Stated.Accelerator is { } printed ? AcceleratorNames.IdOf(printed, catalog) : null);

    /// <summary>
    /// The deployment of a row. Whoever leaves open how the model was split took the split that answers most: the smallest
    /// that fits, unless it leaves little room for requests.
    /// </summary>
    private PreparedRun? Prepare(InferenceConditions conditions, Model model, out string refused)
    {
        var splits = ServingLayout.Of(conditions, model.Architecture).Splits;
        var isServed =
            conditions is
            { Scenario: "server" or "interactive" or "offline-throughput", InputTokens: > 0, OutputTokens: > 0 };
        if (splits.Length == 1 || !isServed || conditions.IsStaticBatch)
            return Prepare(conditions, model, splits, out refused);
        refused = "";
        PreparedRun? best = null;
        var most = 0.0;
        foreach (var split in splits)
        {
            if (Prepare(conditions, model, [split], out var reason) is not { } ready)
            {
                refused = reason;
                continue;
            }
            var request = new RequestShape(conditions.InputTokens, conditions.OutputTokens);
            var serving = new ClosedFormServing(new StepCosts(ready.Step, ready.Chunk, request), ready.Deployment);
            var replicas = Math.Max(1, conditions.Devices / split.Devices);
            var (offered, admitted) = InFlight(ready, conditions, request, replicas);
            var rate = replicas * serving.AtConcurrency(Math.Min(offered, admitted)).RequestsPerSecond;
            if (rate <= most)
                continue;
            most = rate;
            best = ready;
        }
        return best;
    }

    private PreparedRun? Prepare(
        InferenceConditions conditions,
        Model model,
        IEnumerable<Parallelism> splits,
        out string refused
    )
    {
        var weights = conditions.Weights(model);
        if (weights is null)
        {
            refused = $"weight format {conditions.Stated.WeightFormat} is not known";
            return null;
        }
        if (AcceleratorOf(conditions) is not { } accelerator)
        {
            refused = $"accelerator {conditions.Stated.Accelerator} has no id";
            return null;
        }
        var key =
            $"{model.Id}|{weights}|{conditions.KvCache}|{conditions.Engine}|{accelerator}|{conditions.Devices}|{conditions.Stated.Threads}|{conditions.IsFullyStated}|{string.Join(',', splits)}";
        if (!prepared.TryGetValue(key, out var ready))
        {
            ready = Build(conditions, model, weights, catalog.Accelerators.Find(accelerator), splits, out var reason);
            prepared[key] = ready;
            refusals[key] = reason ?? "";
        }
        refused = refusals[key];
        return ready;
    }

    /// <summary>The first split that fits.</summary>
    private PreparedRun? Build(
        InferenceConditions conditions,
        Model model,
        string weights,
        Accelerator accelerator,
        IEnumerable<Parallelism> splits,
        out string? reason
    )
    {
        reason = null;
        foreach (var parallelism in splits)
        {
            var request = new DeploymentRequest
            {
                Model = model,
                Accelerator = accelerator,
                Threads = conditions.Stated.Threads,
                Weights = weights,
                KvCache = conditions.KvCache,
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
                return new PreparedRun(
                    built.Deployment,
                    new Step(built.Deployment),
                    memory,
                    PredictionError.Of(built.Deployment, conditions.IsFullyStated)
                );
            }
            catch (MissingFigureException missing)
            {
                reason = missing.Message;
            }
        }
        return null;
    }

    /// <summary>Requests in flight that each replica is offered, and those it has room for.</summary>
    private static (double Offered, double Admitted) InFlight(
        PreparedRun ready,
        InferenceConditions conditions,
        RequestShape request,
        int replicas
    )
    {
        var admitted = Math.Max(1, ready.Memory.MaximumConcurrency((long)request.MeanContext).Value);
        return (conditions.Concurrency is { } all ? Math.Max(1, all / replicas) : admitted, admitted);
    }

    private static Estimate? Prefill(PreparedRun ready, InferenceConditions conditions)
    {
        var sequences = conditions.Concurrency ?? 1;
        var prompt = conditions.InputTokens * sequences;
        var request = new RequestShape(prompt, 1, conditions.Depth);
        var seconds = new StepCosts(
            ready.Step,
            ready.Chunk,
            request,
            pipeline: PromptPipeline.Of(ready.Deployment)
        ).Prefill(0);
        return conditions.Metric switch
        {
            "prefill_tok_s" => ready.PromptRate(request.ComputedPromptTokens / seconds),
            "ttft_ms_mean" or "ttft_ms_median" => ready.FirstToken(seconds, isAlone: true),
            _ => null,
        };
    }

    private static Estimate? Decode(PreparedRun ready, InferenceConditions conditions)
    {
        var context = conditions.InputTokens + conditions.OutputTokens / 2;
        var sequences = conditions.Concurrency ?? 1;
        var seconds = ready.Step.TimeOf(StepShape.Decode(sequences, context)).Seconds;
        return conditions.Metric == "decode_tok_s_per_seq" ? ready.StepRate(1 / seconds) : null;
    }

    /// <summary>One batch of equal sequences: its prompts in one go, then token by token.</summary>
    private static Estimate? Batch(PreparedRun ready, InferenceConditions conditions, double sequences)
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
            "ttft_ms_mean" or "ttft_ms_median" => ready.FirstToken(prefill, isAlone: true),
            _ => null,
        };
    }

    /// <summary>Continuous batching, every replica with its share of the requests.</summary>
    private Estimate? Served(PreparedRun ready, InferenceConditions conditions)
    {
        if (conditions.InputTokens <= 0 || conditions.OutputTokens <= 0)
            return null;
        var layout = ServingLayout.Of(conditions, ready.Deployment.Architecture);
        var replicas = Math.Max(1, layout.Devices / ready.Deployment.Parallelism.Devices);
        if (conditions is { Concurrency: { } users, Rate: null } && replay is not null)
            return Replayed(
                ready,
                conditions,
                new LoadReplay
                {
                    Serving = ready.Deployment,
                    Replicas = replicas,
                    PromptTokens = conditions.InputTokens,
                    OutputTokens = conditions.OutputTokens,
                    LengthSpread = conditions.Stated.LengthSpread,
                    Users = (int)users,
                    Requests = conditions.Requests,
                }
            );
        var request = new RequestShape(conditions.InputTokens, conditions.OutputTokens);
        var costs = new StepCosts(ready.Step, ready.Chunk, request);
        if (conditions is { Scenario: "offline-throughput", Requests: { } all, LongestOutputTokens: null })
            return Metric(
                ready,
                conditions,
                BenchmarkRuns.AllAtOnce(ready, costs, Math.Max(1.0, (double)all / replicas)),
                0,
                replicas
            );
        var serving = new ClosedFormServing(costs, ready.Deployment);
        // Load generators may have a limit of requests in flight beside a rate: it holds where the rate is too much for it.
        var (offered, admitted) = InFlight(ready, conditions, request, replicas);
        var steady = conditions.Rate is { } rate ? serving.AtRate(rate / replicas, Math.Min(offered, admitted)) : null;
        var point = steady ?? serving.AtConcurrency(Math.Min(offered, admitted));
        var outside = steady is null ? Math.Max(0, offered - admitted) / point.RequestsPerSecond : 0;
        point = BenchmarkRuns.WithinLimit(
            BenchmarkRuns.AsRun(point, conditions, replicas),
            conditions,
            ready.Deployment.Engine.Scheduling,
            steady is not null
        );
        return Metric(ready, conditions, point, point.TtftSeconds + outside, replicas);
    }

    /// <summary>
    /// Prefill and decode on devices of their own, as the row lays them out. Of the layouts it may mean the fastest is
    /// taken: whoever measured had tried the others.
    /// </summary>
    private Estimate? Disaggregated(InferenceConditions conditions, Model model, out string? refused)
    {
        refused = "the row does not say how prefill and decode are laid out";
        PoolsAtWork? fastest = null;
        foreach (var layout in DisaggregatedLayout.Of(conditions, model.Architecture))
        {
            if (layout.Devices != conditions.Devices)
                continue;
            if (
                Prepare(conditions, model, [layout.Prefill], out refused!) is not { } prefill
                || Prepare(conditions, model, [layout.Decode], out refused!) is not { } decode
            )
                continue;
            if (conditions.Concurrency is not { } inFlight)
            {
                refused = "the requests in flight are not stated";
                return null;
            }
            var request = new RequestShape(conditions.InputTokens, conditions.OutputTokens);
            var pools = PoolsAtWork.Of(prefill, decode, layout, request, Math.Max(1, inFlight));
            if (fastest is null || pools.Point.RequestsPerSecond > fastest.Point.RequestsPerSecond)
                fastest = pools;
        }
        if (fastest is null)
            return null;
        refused = null;
        var judged = fastest.Decode with { Error = PredictionError.OfDisaggregated(fastest.Decode.Deployment) };
        if (replay is null)
            return Metric(judged, conditions, fastest.Point, fastest.Point.TtftSeconds, 1);
        return Replayed(
            judged,
            conditions,
            new LoadReplay
            {
                Serving = fastest.Decode.Deployment,
                Replicas = fastest.DecodeReplicas,
                Prefill = fastest.Prefill.Deployment,
                PrefillReplicas = fastest.PrefillReplicas,
                TransferSeconds = fastest.TransferSeconds,
                PromptTokens = conditions.InputTokens,
                OutputTokens = conditions.OutputTokens,
                LengthSpread = conditions.Stated.LengthSpread,
                Users = (int)conditions.Concurrency!.Value,
            }
        );
    }

    private Estimate? Replayed(PreparedRun ready, InferenceConditions conditions, LoadReplay run)
    {
        if (!replayed.TryGetValue(run, out var times))
            replayed[run] = times = replay!(run);
        if (times is null)
            return null;
        var isAlone = run.Users <= 1;
        return conditions.Metric switch
        {
            "tpot_ms_mean_or_median" or "tpot_ms_mean" => ready.Milliseconds(times.MeanTpot),
            "tpot_ms_median" => ready.Milliseconds(times.MedianTpot),
            "ttft_ms_mean_or_median" or "ttft_ms_mean" => ready.FirstToken(times.MeanTtft, isAlone),
            "ttft_ms_median" => ready.FirstToken(times.MedianTtft, isAlone),
            "e2e_ms" => ready.Milliseconds(times.MeanEndToEnd),
            "output_tok_s_total" => ready.Rate(times.OutputTokensPerSecond),
            "decode_tok_s_per_seq" => ready.StepRate(1 / times.MeanTpot),
            "total_tok_s" => ready.Rate(
                times.OutputTokensPerSecond * (1 + conditions.InputTokens / conditions.OutputTokens)
            ),
            "requests_s" => ready.Rate(times.RequestsPerSecond),
            _ => null,
        };
    }

    private static Estimate? Metric(
        PreparedRun ready,
        InferenceConditions conditions,
        ServingPoint point,
        double ttft,
        int replicas
    ) =>
        conditions.Metric switch
        {
            "tpot_ms_mean_or_median" or "tpot_ms_mean" or "tpot_ms_median" => ready.Milliseconds(point.TpotSeconds),
            "ttft_ms_mean_or_median" or "ttft_ms_mean" or "ttft_ms_median" => ready.FirstToken(
                ttft,
                point.InFlight <= 1
            ),
            "e2e_ms" => ready.Milliseconds(ttft + (conditions.OutputTokens - 1) * point.TpotSeconds),
            "output_tok_s_total" => ready.Rate(replicas * point.OutputTokensPerSecond),
            "decode_tok_s_per_seq" => ready.StepRate(1 / point.TpotSeconds),
            "total_tok_s" => ready.Rate(
                replicas * point.RequestsPerSecond * (conditions.InputTokens + conditions.OutputTokens)
            ),
            "requests_s" => ready.Rate(replicas * point.RequestsPerSecond),
            _ => null,
        };
}
