namespace Loadline.Simulation;

/// <summary>
/// Prompts and decoding in one step, and nobody is admitted whose longest answer would not fit: no answer is ever
/// interrupted.
/// </summary>
/// <remarks>
/// TensorRT-LLM: in-flight batching with GUARANTEED_NO_EVICT, docs/source/features/paged-attention-ifb-scheduler.md;
/// whole prompts, unless one is longer than a step. llama.cpp's server: every slot has its context to itself and prompts are
/// cut to the batch (tools/server/server.cpp, update_slots).
/// </remarks>
/// <param name="limits">What the engine allows.</param>
/// <param name="pool">The cache of the rank.</param>
/// <param name="cutsPrompts">True when a prompt is cut to what a step has left, false when it waits for a whole place.</param>
internal sealed class ReservedBatching(SchedulerLimits limits, CachePool pool, bool cutsPrompts)
    : Scheduler(limits, pool)
{
    protected override bool ReservesAnswers => true;

    public override void Compose(StepPlan plan, double now, RunLog log)
    {
        AdmitComputed(now, log);
        plan.Decodes = Decoding.Count > 0;
        var budget = Limits.StepTokens - Decoding.Count;
        foreach (var sequence in Prefilling)
            budget -= Add(plan, sequence, budget);
        while (budget > 0 && HasPromptWaiting)
        {
            var first = Waiting.First;
            var rest = first.Target - Pool.Found(first);
            var mayBeCut = cutsPrompts || rest > Limits.StepTokens - Limits.MaximumSequences;
            if (rest > budget && !mayBeCut)
                return;
            if (!TryAdmitFirst(first.Target, LongestOf(first), now, log))
                return;
            budget -= Add(plan, Prefilling[^1], budget);
        }
    }

    private static int Add(StepPlan plan, Sequence sequence, int budget)
    {
        var tokens = Math.Min(budget, sequence.Target - sequence.Computed);
        if (tokens > 0)
            plan.Add(sequence, tokens);
        return Math.Max(0, tokens);
    }
}
