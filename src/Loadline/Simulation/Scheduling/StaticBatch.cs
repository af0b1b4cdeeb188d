namespace Loadline.Simulation;

/// <summary>
/// A batch is computed to its end before the next begins: all prompts at once, then every step for all of them until the
/// longest answer is complete.
/// </summary>
/// <remarks>
/// Generation without a scheduler (Transformers, DeepSpeed, FasterTransformer); the baseline of Orca, OSDI 2022.
/// </remarks>
internal sealed class StaticBatch(SchedulerLimits limits, CachePool pool) : Scheduler(limits, pool)
{
    private int longestAnswer;

    protected override bool ReservesAnswers => true;

    public override void Compose(StepPlan plan, double now, RunLog log)
    {
        if (Running == 0)
            BeginBatch(now, log);
        foreach (var sequence in Prefilling)
            plan.Add(sequence, sequence.Target - sequence.Computed);
        plan.Decodes = Decoding.Count > 0;
    }

    private void BeginBatch(double now, RunLog log)
    {
        longestAnswer = 0;
        // Those whose prompts were computed elsewhere leave as they end.
        AdmitComputed(now, log);
        while (HasPromptWaiting)
        {
            var first = Waiting.First;
            if (!TryAdmitFirst(first.Target, LongestOf(first), now, log))
                return;
            longestAnswer = Math.Max(longestAnswer, first.OutputTokens);
        }
    }

    protected override int StepsOf(Sequence sequence, int left) => Math.Max(left, longestAnswer - 1);
}
