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
        {
            longestAnswer = 0;
            while (HasPromptWaiting)
            {
                var first = Waiting.First;
                if (!TryAdmitFirst(first.Target, first.Target + (long)Math.Max(0, first.OutputTokens - 1), now, log))
                    break;
                longestAnswer = Math.Max(longestAnswer, first.OutputTokens);
            }
            foreach (var sequence in Prefilling)
                plan.Add(sequence, sequence.Target - sequence.Computed);
            return;
        }
        plan.Decodes = true;
    }

    protected override int StepsOf(Sequence sequence, int left) => Math.Max(left, longestAnswer - 1);
}
