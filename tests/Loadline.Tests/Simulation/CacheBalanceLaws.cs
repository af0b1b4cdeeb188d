using CsCheck;
using Loadline.Catalog;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>A cache that has served and preempted whoever came is as empty as before.</summary>
public sealed class CacheBalanceLaws
{
    [Fact]
    public void All_blocks_are_free_when_nobody_is_left() =>
        RandomRuns.Any.Sample(
            random =>
            {
                var pool = Serve(random);

                pool.Free.ShouldBe(pool.Blocks);
                pool.PeakUsed.ShouldBeInRange(0, pool.Blocks);
            },
            iter: 500
        );

    [Fact]
    public void One_that_takes_all_of_it_leaves_nothing_of_the_others() =>
        RandomRuns.Any.Sample(
            random =>
            {
                var pool = Serve(random);

                pool.TakeForAll(pool.Blocks);

                foreach (var arrival in random.Arrivals)
                {
                    var again = new Sequence();
                    again.Reset(0, arrival);
                    pool.Found(again).ShouldBe(0);
                }
            },
            iter: 500
        );

    private static CachePool Serve(RandomRun random)
    {
        var settings = random.Cluster.Serving;
        var pool = new CachePool(settings.Cache, settings.KeepsPrefixes);
        var records = random
            .Arrivals.Select(arrival => new RequestRecord
            {
                ArrivalSeconds = arrival.Seconds,
                PromptTokens = arrival.PromptTokens,
                OutputTokens = arrival.OutputTokens,
                AdmittedSeconds = double.NaN,
            })
            .ToArray();
        var replica = new Replica([Of(settings, pool)], settings.Times, new RunLog(records));
        for (var i = 0; i < records.Length; i++)
        {
            if (!replica.CanEverRun(random.Arrivals[i]))
                continue;
            replica.AdvanceTo(records[i].ArrivalSeconds);
            replica.Enqueue(i, random.Arrivals[i]);
        }
        replica.AdvanceTo(double.PositiveInfinity);
        replica.IsIdle.ShouldBeTrue();
        return pool;
    }

    private static Scheduler Of(ReplicaPool settings, CachePool pool) =>
        settings.Policy switch
        {
            SchedulingPolicy.ChunkedPrefill => new ChunkedPrefill(settings.Limits, pool),
            SchedulingPolicy.PrefillFirst => new PrefillFirst(settings.Limits, pool),
            SchedulingPolicy.ReservedWholePrompts => new ReservedBatching(settings.Limits, pool, cutsPrompts: false),
            SchedulingPolicy.Slots => new ReservedBatching(settings.Limits, pool, cutsPrompts: true),
            _ => new StaticBatch(settings.Limits, pool),
        };
}
