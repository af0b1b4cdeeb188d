namespace Loadline.Quantization.Inference;

/// <summary>Shares out pieces of work that do not depend on each other.</summary>
internal static class Team
{
    /// <param name="threads">Most that work at a time.</param>
    /// <param name="count">Pieces.</param>
    /// <param name="work">Gets the number of the worker, below <paramref name="threads"/>, and that of the piece.</param>
    public static void Run(int threads, int count, Action<int, int> work)
    {
        if (threads == 1 || count == 1)
        {
            for (var i = 0; i < count; i++)
                work(0, i);
            return;
        }
        var next = -1;
        Parallel.For(
            0,
            Math.Min(threads, count),
            new ParallelOptions { MaxDegreeOfParallelism = threads },
            worker =>
            {
                for (int i; (i = Interlocked.Increment(ref next)) < count; )
                    work(worker, i);
            }
        );
    }
}
