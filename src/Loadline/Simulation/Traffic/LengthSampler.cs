namespace Loadline.Simulation;

/// <summary>Where the lengths of prompts, messages or answers come from: whole tokens, at least one.</summary>
public abstract record LengthSampler
{
    private LengthSampler() { }

    /// <param name="uniform">Between 0 and 1: the share of lengths that are not longer.</param>
    public abstract int Tokens(double uniform);

    /// <summary>All alike.</summary>
    public sealed record Constant : LengthSampler
    {
        public Constant(int length)
        {
            Check(length, nameof(length));
            Length = length;
        }

        public int Length { get; }

        public override int Tokens(double uniform) => Length;
    }

    /// <summary>Log-normal, and no longer than what is given as the most.</summary>
    public sealed record LogNormal : LengthSampler
    {
        /// <param name="lengths">Before they are rounded and cut.</param>
        /// <param name="most">Longer ones are cut to it, such as to what a model takes; that lowers the mean.</param>
        public LogNormal(TokenLengths lengths, int most = TraceRows.MostTokens)
        {
            Check(most, nameof(most));
            Lengths = lengths;
            Most = most;
        }

        public TokenLengths Lengths { get; }

        public int Most { get; }

        public override int Tokens(double uniform) => (int)Math.Clamp(Math.Round(Lengths.Percentile(uniform)), 1, Most);
    }

    /// <summary>Every length from one to another equally often, both included.</summary>
    /// <remarks>InferenceX draws from 0.8 of the nominal length to the nominal length.</remarks>
    public sealed record Uniform : LengthSampler
    {
        public Uniform(int low, int high)
        {
            Check(low, nameof(low));
            Check(high, nameof(high));
            ArgumentOutOfRangeException.ThrowIfLessThan(high, low);
            Low = low;
            High = high;
        }

        public int Low { get; }

        public int High { get; }

        public override int Tokens(double uniform) => Math.Min(High, Low + (int)(uniform * (High - Low + 1)));
    }

    private static void Check(int tokens, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, TraceRows.MostTokens, name);
    }
}
