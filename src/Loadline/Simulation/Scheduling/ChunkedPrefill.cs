namespace Loadline.Simulation;

/// <summary>
/// One budget of tokens a step: decoding sequences first, then prompts that are under way, then those that wait, cut to
/// what is left. Answers take blocks as they grow; when none are free, whoever was admitted last, of the
/// highest priority number, computes again later.
/// </summary>
/// <remarks>
/// vLLM V1: vllm/v1/core/sched/scheduler.py, Scheduler.schedule; TensorRT-LLM's MAX_UTILIZATION is the same. The mix of
/// prompts and decoding is that of Sarathi-Serve, arXiv 2403.02310.
/// </remarks>
internal sealed class ChunkedPrefill(SchedulerLimits limits, CachePool pool) : Scheduler(limits, pool)
{
    protected override bool ReservesAnswers => false;

    public override void Compose(StepPlan plan, double now, RunLog log)
    {
        AdmitComputed(now, log);
        var before = Preemptions;
        while (Decoding.BlocksFor(1) > Pool.Free)
            PreemptVictim(log);
        TakeGrowth();
        plan.Decodes = Decoding.Count > 0;

        var budget = Limits.StepTokens - Decoding.Count;
        budget -= ContinuePrompts(plan, budget, now, log);
        // In a step that preempts nobody is let in.
        MayAdmitNext = Preemptions != before;
        if (!MayAdmitNext)
            AdmitPrompts(plan, budget, now, log);
    }

    /// <summary>Tokens of prompts that were begun in earlier steps.</summary>
    private int ContinuePrompts(StepPlan plan, int budget, double now, RunLog log)
    {
        var used = 0;
        for (var i = 0; i < Prefilling.Count && used < budget; i++)
        {
            var sequence = Prefilling[i];
            var tokens = Math.Min(budget - used, sequence.Target - sequence.Computed);
            var missing = Math.Max(0, Pool.Missing(sequence, sequence.Computed + tokens));
            while (missing > Pool.Free && Victim is { } last && Prefilling.LastIndexOf(last) > i)
                PreemptVictim(log);
            if (missing > Pool.Free)
                break;
            Pool.Take(sequence, missing);
            Add(plan, sequence, tokens);
            used += tokens;
        }
        return used;
    }

    private void AdmitPrompts(StepPlan plan, int budget, double now, RunLog log)
    {
        while (budget > 0 && HasPromptWaiting && TryAdmitFirst(budget, 0, now, log))
        {
            var sequence = Prefilling[^1];
            var tokens = Math.Min(budget, sequence.Target - sequence.Computed);
            Add(plan, sequence, tokens);
            budget -= tokens;
        }
    }

    /// <summary>Blocks have names as soon as they are scheduled, so that the next in line finds them in the same step.</summary>
    private void Add(StepPlan plan, Sequence sequence, int tokens)
    {
        plan.Add(sequence, tokens);
        Pool.Publish(sequence, sequence.Computed + tokens);
    }
}
