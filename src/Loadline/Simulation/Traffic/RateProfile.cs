using System.Collections.Immutable;

namespace Loadline.Simulation;

/// <summary>A rate that holds for some time.</summary>
public readonly record struct RateStage(double PerSecond, double Seconds);

/// <summary>How many requests are expected at what time.</summary>
public abstract record RateProfile
{
    private RateProfile() { }

    /// <summary>
    /// When more than so many requests are expected for the first time, counted from the start; infinite when never.
    /// </summary>
    public abstract double SecondsAt(double requests);

    /// <summary>The same rate for ever.</summary>
    public sealed record Constant : RateProfile
    {
        public Constant(double perSecond)
        {
            if (perSecond is not (> 0 and < double.PositiveInfinity))
                throw new ArgumentOutOfRangeException(nameof(perSecond), perSecond, "must be above 0 and finite");
            PerSecond = perSecond;
        }

        public double PerSecond { get; }

        public override double SecondsAt(double requests) => requests / PerSecond;
    }

    /// <summary>One rate after another, and none after the last. A rate of 0 is a pause.</summary>
    public sealed record Staged : RateProfile
    {
        private readonly Steps steps;

        public Staged(ImmutableArray<RateStage> stages)
        {
            steps = new Steps(stages);
            Stages = stages;
        }

        public ImmutableArray<RateStage> Stages { get; }

        public override double SecondsAt(double requests) => steps.SecondsAt(requests);
    }

    /// <summary>A day that comes again and again, hour by hour.</summary>
    public sealed record Daily : RateProfile
    {
        private const int HoursPerDay = 24;
        private const double HourSeconds = 3600;

        private readonly Steps day;

        /// <param name="perSecond">Mean over the day.</param>
        /// <param name="hours">24 rates from midnight on, of which only the proportions count.</param>
        public Daily(double perSecond, ImmutableArray<double> hours)
        {
            if (perSecond is not (> 0 and < double.PositiveInfinity))
                throw new ArgumentOutOfRangeException(nameof(perSecond), perSecond, "must be above 0 and finite");
            if (hours.Length != HoursPerDay)
                throw new ArgumentException(
                    $"{hours.Length} rates for the {HoursPerDay} hours of a day",
                    nameof(hours)
                );
            var mean = hours.Sum() / HoursPerDay;
            PerSecond = perSecond;
            Hours = hours;
            day = new Steps([.. hours.Select(hour => new RateStage(perSecond * (hour / mean), HourSeconds))]);
        }

        public double PerSecond { get; }

        public ImmutableArray<double> Hours { get; }

        public override double SecondsAt(double requests)
        {
            var days = Math.Floor(requests / day.Requests);
            // The product may be rounded to above what it was divided out of.
            var rest = Math.Max(0, requests - days * day.Requests);
            return rest < day.Requests
                ? days * HoursPerDay * HourSeconds + day.SecondsAt(rest)
                : (days + 1) * HoursPerDay * HourSeconds + day.SecondsAt(0);
        }
    }

    /// <summary>The inverse of the requests expected up to a time, which is a line for every stage.</summary>
    private sealed class Steps
    {
        private readonly ImmutableArray<RateStage> stages;
        private readonly double[] requestsAfter;
        private readonly double[] secondsBefore;

        public Steps(ImmutableArray<RateStage> stages)
        {
            this.stages = stages;
            requestsAfter = new double[stages.Length];
            secondsBefore = new double[stages.Length];
            var seconds = 0.0;
            for (var i = 0; i < stages.Length; i++)
            {
                var (rate, length) = stages[i];
                if (rate is not (>= 0 and < double.PositiveInfinity))
                    throw new ArgumentException($"stage {i} has a rate of {rate}", nameof(stages));
                if (length is not (> 0 and < double.PositiveInfinity))
                    throw new ArgumentException($"stage {i} takes {length} seconds", nameof(stages));
                secondsBefore[i] = seconds;
                seconds += length;
                Requests += rate * length;
                requestsAfter[i] = Requests;
            }
            if (!(Requests > 0))
                throw new ArgumentException("no requests in any stage", nameof(stages));
        }

        /// <summary>Expected in all.</summary>
        public double Requests { get; }

        public double SecondsAt(double requests)
        {
            if (!(requests < Requests))
                return double.PositiveInfinity;
            // The first stage after which there are more, which a pause cannot be.
            var low = 0;
            var high = stages.Length - 1;
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (requestsAfter[middle] > requests)
                    high = middle;
                else
                    low = middle + 1;
            }
            var before = low == 0 ? 0 : requestsAfter[low - 1];
            return secondsBefore[low] + (requests - before) / stages[low].PerSecond;
        }
    }
}
