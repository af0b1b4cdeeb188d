namespace Loadline.Simulation;

/// <summary>How many turns a session wants to have: at least one.</summary>
public abstract record TurnCount
{
    /// <summary>The most there can be.</summary>
    public const int Most = 100_000;

    private TurnCount() { }

    /// <param name="uniform">Between 0 and 1: the share of sessions that are not longer.</param>
    public abstract int Turns(double uniform);

    public sealed record Constant : TurnCount
    {
        public Constant(int count)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Most);
            Count = count;
        }

        public int Count { get; }

        public override int Turns(double uniform) => Count;
    }

    /// <summary>After every turn the session is as likely to go on as after the first.</summary>
    public sealed record Geometric : TurnCount
    {
        public Geometric(double mean)
        {
            // Ten times the mean is passed by one session in 22,000.
            if (mean is not (>= 1 and <= Most / 10))
                throw new ArgumentOutOfRangeException(nameof(mean), mean, $"must be between 1 and {Most / 10}");
            Mean = mean;
        }

        public double Mean { get; }

        /// <summary>P(more than k turns) = (1 - 1 / mean)^k.</summary>
        public override int Turns(double uniform)
        {
            var turns = 1 + Math.Floor(Math.Log(1 - uniform) / Math.Log(1 - 1 / Mean));
            return (int)Math.Min(turns, Most);
        }
    }
}
