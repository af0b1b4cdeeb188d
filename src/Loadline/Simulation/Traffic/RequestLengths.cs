using System.Collections.Immutable;

namespace Loadline.Simulation;

/// <summary>Where prompts and answers take their lengths from.</summary>
public abstract record RequestLengths
{
    private RequestLengths() { }

    /// <summary>The same for a request, by number, whatever else is drawn.</summary>
    public abstract (int Prompt, int Output) Of(ulong seed, long request);

    /// <summary>Each on its own.</summary>
    public sealed record Independent(LengthSampler Prompt, LengthSampler Output) : RequestLengths
    {
        public override (int Prompt, int Output) Of(ulong seed, long request) =>
            (
                Prompt.Tokens(new CounterRandom(seed, (ulong)TrafficStream.Prompts).Uniform(request)),
                Output.Tokens(new CounterRandom(seed, (ulong)TrafficStream.Outputs).Uniform(request))
            );
    }

    /// <summary>Both of some recorded request, so that long prompts keep the answers they have; drawn with replacement.</summary>
    public sealed record Resampled : RequestLengths
    {
        private readonly ImmutableArray<(int Prompt, int Output)> pairs;

        public Resampled(ReadOnlySpan<Arrival> arrivals)
        {
            if (arrivals.IsEmpty)
                throw new ArgumentException("no requests", nameof(arrivals));
            var builder = ImmutableArray.CreateBuilder<(int, int)>(arrivals.Length);
            foreach (var arrival in arrivals)
                builder.Add((arrival.PromptTokens, arrival.OutputTokens));
            pairs = builder.MoveToImmutable();
        }

        public override (int Prompt, int Output) Of(ulong seed, long request)
        {
            var uniform = new CounterRandom(seed, (ulong)TrafficStream.Pairs).Uniform(request);
            return pairs[(int)(uniform * pairs.Length)];
        }
    }
}
