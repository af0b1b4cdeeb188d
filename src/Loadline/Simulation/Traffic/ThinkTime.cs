namespace Loadline.Simulation;

/// <summary>How long after an answer a person or program takes to come back with the next message.</summary>
public abstract record ThinkTime
{
    public static readonly ThinkTime None = new Constant(0);

    private ThinkTime() { }

    /// <param name="uniform">Between 0 and 1: the share of times that are not longer.</param>
    public abstract double Seconds(double uniform);

    public sealed record Constant : ThinkTime
    {
        private readonly double seconds;

        public Constant(double seconds) => this.seconds = Checked(seconds);

        public override double Seconds(double uniform) => seconds;
    }

    public sealed record Exponential : ThinkTime
    {
        public Exponential(double meanSeconds) => MeanSeconds = Checked(meanSeconds);

        public double MeanSeconds { get; }

        public override double Seconds(double uniform) => -Math.Log(1 - uniform) * MeanSeconds;
    }

    private static double Checked(double seconds) =>
        seconds is >= 0 and < double.PositiveInfinity
            ? seconds
            : throw new ArgumentOutOfRangeException(nameof(seconds), seconds, "must not be negative, and finite");
}
