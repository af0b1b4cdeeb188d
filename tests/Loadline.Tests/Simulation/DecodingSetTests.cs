using CsCheck;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>The set that jumps over steps against a list that takes them one by one.</summary>
public sealed class DecodingSetTests
{
    private static readonly Gen<(int Kind, int Context, int Steps)> Change = Gen.Select(
        Gen.Int[0, 3],
        Gen.Int[1, 100],
        Gen.Int[1, 60]
    );

    [Fact]
    public void It_knows_what_counting_step_by_step_finds() =>
        Gen.Select(Gen.OneOf(1, 4, 16), Change.Array[1, 60])
            .Sample(
                (blockTokens, changes) =>
                {
                    var set = new DecodingSet(blockTokens);
                    var naive = new List<Naive>();
                    for (var i = 0; i < changes.Length; i++)
                    {
                        var (kind, context, steps) = changes[i];
                        if (kind <= 1 || naive.Count == 0)
                            Add(set, naive, i, context, steps);
                        else if (kind == 2)
                            Remove(set, naive, context % naive.Count);
                        else
                            Advance(set, naive, steps);
                        Compare(set, naive, blockTokens, steps);
                    }
                },
                iter: 300
            );

    private static void Add(DecodingSet set, List<Naive> naive, int request, int context, int steps)
    {
        var sequence = new Sequence();
        sequence.Reset(request, new Arrival(0, context, steps));
        set.Add(sequence, context, steps);
        naive.Add(new Naive(sequence, context, steps));
    }

    private static void Remove(DecodingSet set, List<Naive> naive, int index)
    {
        set.Remove(naive[index].Sequence);
        naive.RemoveAt(index);
    }

    /// <summary>Steps to the next end at most, and then whoever ends leaves in the order of their requests.</summary>
    private static void Advance(DecodingSet set, List<Naive> naive, int steps)
    {
        var taken = Math.Min(steps, naive.Min(one => one.Left));
        set.StepsToNextEnd.ShouldBe(naive.Min(one => one.Left));
        set.Advance(taken);
        foreach (var one in naive)
        {
            one.Context += taken;
            one.Left -= taken;
            one.Done += taken;
        }
        foreach (var ended in naive.Where(one => one.Left == 0).OrderBy(one => one.Sequence.Request).ToList())
        {
            set.NextEnded.ShouldBeSameAs(ended.Sequence);
            set.Remove(ended.Sequence);
            naive.Remove(ended);
        }
        set.NextEnded.ShouldBeNull();
    }

    private static void Compare(DecodingSet set, List<Naive> naive, int blockTokens, int steps)
    {
        set.Count.ShouldBe(naive.Count);
        set.ContextSum.ShouldBe(naive.Sum(one => (long)one.Context));
        set.RemainingSum.ShouldBe(naive.Sum(one => (long)one.Left));
        set.DecodedSum.ShouldBe(naive.Sum(one => (long)one.Done));
        foreach (var one in naive)
        {
            set.ContextOf(one.Sequence).ShouldBe(one.Context);
            set.RemainingOf(one.Sequence).ShouldBe(one.Left);
        }
        var blocks = BlocksFor(naive, blockTokens, steps);
        set.BlocksFor(steps).ShouldBe(blocks);
        if (naive.Count == 0)
        {
            set.StepsWith(steps).ShouldBe(long.MaxValue);
            return;
        }
        // Enough for so many steps and not for one more.
        var enough = (int)set.StepsWith(steps);
        BlocksFor(naive, blockTokens, enough).ShouldBeLessThanOrEqualTo(steps);
        BlocksFor(naive, blockTokens, enough + 1).ShouldBeGreaterThan(steps);
    }

    private static long BlocksFor(List<Naive> naive, int blockTokens, int steps) =>
        naive.Sum(one => (long)Blocks(one.Context + steps, blockTokens) - Blocks(one.Context, blockTokens));

    private static int Blocks(int tokens, int blockTokens) => (tokens + blockTokens - 1) / blockTokens;

    private sealed class Naive(Sequence sequence, int context, int left)
    {
        public Sequence Sequence => sequence;
        public int Context { get; set; } = context;
        public int Left { get; set; } = left;
        public int Done { get; set; }
    }
}
