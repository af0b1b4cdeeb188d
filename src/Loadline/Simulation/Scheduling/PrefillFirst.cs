namespace Loadline.Simulation;

/// <summary>
/// Steps are either prompts or decoding: whenever prompts wait and fit, they go first and decoding stands still. What
/// running answers will still take is estimated, by a share of their longest length that shrinks with every step that
/// went well; when the estimate was too low, whoever was admitted last is retracted.
/// </summary>
/// <remarks>
/// SGLang: python/sglang/srt/managers/scheduler.py (get_next_batch_to_run), schedule_policy.py (PrefillAdder) and
/// environ.py: SGLANG_INIT_NEW_TOKEN_RATIO 0.7, MIN_NEW_TOKEN_RATIO_FACTOR 0.14, NEW_TOKEN_RATIO_DECAY_STEPS 600,
/// SGLANG_CLIP_MAX_NEW_TOKENS_ESTIMATION 4096.
/// </remarks>
internal sealed class PrefillFirst(SchedulerLimits limits, CachePool pool) : Scheduler(limits, pool)
{
    private const double InitialRatio = 0.7;
    private const double LowestRatio = InitialRatio * 0.14;
    private const double DecayPerStep = (InitialRatio - LowestRatio) / 600;
    private const int LongestEstimate = 4096;

    /// <summary>Steps for which a retraction makes room, RETRACT_DECODE_STEPS.</summary>
    private const int StepsAfterRetraction = 20;

    private double ratioAtStart = InitialRatio;
    private long ratioStart;

    protected override bool ReservesAnswers => false;

    public override void Compose(StepPlan plan, double now, RunLog log)
    {
        AdmitComputed(now, log);
        AddPrompts(plan, now, log);
        if (plan.HasPrompts || Decoding.Count == 0)
            return;

        while (Decoding.BlocksFor(1) > Pool.Free)
            Retract(log);
        // Whoever was retracted last may have been all that decoded, and made room for a prompt.
        if (Decoding.Count == 0)
            AddPrompts(plan, now, log);
        TakeGrowth();
        plan.Decodes = Decoding.Count > 0;
        // What answers are expected to take shrinks with every step.
        MayAdmitNext = HasPromptWaiting && Running < Limits.MaximumSequences;
    }

    private void AddPrompts(StepPlan plan, double now, RunLog log)
    {
        var budget = Limits.StepTokens;
        foreach (var sequence in Prefilling)
        {
            var tokens = Math.Min(budget, sequence.Target - sequence.Computed);
            var missing = Math.Max(0, Pool.Missing(sequence, sequence.Computed + tokens));
            if (tokens == 0 || missing > Pool.Free)
                break;
            Pool.Take(sequence, missing);
            plan.Add(sequence, tokens);
            budget -= tokens;
        }
        while (budget > 0 && HasPromptWaiting && HasRoomFor(Waiting.First) && TryAdmitFirst(budget, 0, now, log))
        {
            var sequence = Prefilling[^1];
            var tokens = Math.Min(budget, sequence.Target - sequence.Computed);
            plan.Add(sequence, tokens);
            budget -= tokens;
        }
    }

    /// <summary>Share of their remaining length that running answers are expected to take.</summary>
    private double Ratio => Math.Max(LowestRatio, ratioAtStart - DecayPerStep * (Decoding.Step - ratioStart));

    private bool HasRoomFor(Sequence sequence)
    {
        // An engine that runs nothing takes whatever fits at all.
        if (Running == 0)
            return true;
        var own = sequence.Target - Pool.Found(sequence);
        var answer = Math.Min(sequence.OutputTokens - sequence.Generated, LongestEstimate);
        var promised = Ratio * Decoding.RemainingSum;
        foreach (var other in Prefilling)
            promised += other.Target - other.Computed + Math.Min(other.OutputTokens, LongestEstimate);
        return own + answer + promised < (double)Pool.Free * Pool.BlockTokens;
    }

    private void Retract(RunLog log)
    {
        PreemptVictim(log);
        var all = Decoding.RemainingSum + Decoding.DecodedSum;
        ratioAtStart = Math.Min(1, (Decoding.DecodedSum + StepsAfterRetraction * Decoding.Count) / (double)(all + 1));
        ratioStart = Decoding.Step;
    }
}
