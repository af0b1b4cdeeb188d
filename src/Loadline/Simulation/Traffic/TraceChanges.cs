using System.Collections.Immutable;

namespace Loadline.Simulation;

/// <summary>Other traffic made out of recorded requests, which stay as they are.</summary>
public static class TraceChanges
{
    extension(Arrival[] arrivals)
    {
        /// <summary>The same requests in quicker succession: times divided by the factor.</summary>
        public Arrival[] ScaleRate(double factor)
        {
            if (factor is not (> 0 and < double.PositiveInfinity))
                throw new ArgumentOutOfRangeException(nameof(factor), factor, "must be above 0 and finite");
            return Array.ConvertAll(arrivals, arrival => arrival with { Seconds = arrival.Seconds / factor });
        }

        /// <summary>The first of the requests, or all of them when there are no more.</summary>
        public Arrival[] First(int count)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(count);
            return arrivals[..Math.Min(count, arrivals.Length)];
        }

        /// <summary>The requests from one time on and before another; their times count from the former.</summary>
        public Arrival[] Between(double fromSeconds, double toSeconds)
        {
            if (!(fromSeconds >= 0))
                throw new ArgumentOutOfRangeException(nameof(fromSeconds), fromSeconds, "must not be negative");
            if (!(toSeconds > fromSeconds))
                throw new ArgumentOutOfRangeException(nameof(toSeconds), toSeconds, "must be after the beginning");
            return
            [
                .. arrivals
                    .Where(arrival => arrival.Seconds >= fromSeconds && arrival.Seconds < toSeconds)
                    .Select(arrival => arrival with { Seconds = arrival.Seconds - fromSeconds }),
            ];
        }

        /// <summary>
        /// The requests over and over, one mean gap after the end of the former, until there are as many as wanted.
        /// </summary>
        /// <param name="count">Requests wanted; fewer than there are take the first.</param>
        /// <param name="keepContent">
        /// Whether a repeated prompt is the same text again. By default it is another one that shares with those of its own
        /// round what the first shared with the first: repeated texts would all be found in a cache, which says nothing.
        /// </param>
        /// <exception cref="ArgumentOutOfRangeException">More are wanted than there are, of which there are fewer than two.</exception>
        public Arrival[] Tiled(int count, bool keepContent = false)
        {
            if (count <= arrivals.Length)
                return arrivals.First(count);
            if (arrivals.Length < 2)
                throw new ArgumentOutOfRangeException(
                    nameof(count),
                    count,
                    "one request has no gap to repeat it after"
                );

            var names = keepContent ? null : new ContentNames(arrivals);
            var length = arrivals[^1].Seconds - arrivals[0].Seconds;
            var period = length + length / (arrivals.Length - 1);
            var tiled = new Arrival[count];
            for (var i = 0; i < count; i++)
            {
                var (round, of) = Math.DivRem(i, arrivals.Length);
                if (of == 0)
                    names?.Begin(round);
                var arrival = arrivals[of];
                tiled[i] = arrival with
                {
                    Seconds = arrival.Seconds + round * period,
                    Content = names is null ? arrival.Content : names.Renamed(arrival.Content),
                };
            }
            return tiled;
        }
    }

    /// <summary>Names that are others in every round: numbers from 0 on, as many per round as there are names.</summary>
    private sealed class ContentNames
    {
        private readonly Dictionary<long, int> numbers = [];
        private readonly Dictionary<PromptContent, PromptContent> renamed = [];
        private int round;

        public ContentNames(Arrival[] arrivals)
        {
            foreach (var arrival in arrivals)
            {
                if (arrival.Content is not { } content)
                    continue;
                foreach (var piece in content.Pieces)
                    numbers.TryAdd(piece.Id, numbers.Count);
                if (content.Answer is { } answer)
                    numbers.TryAdd(answer, numbers.Count);
            }
        }

        public void Begin(int round)
        {
            this.round = round;
            renamed.Clear();
        }

        /// <summary>Requests that had one content together have one again.</summary>
        public PromptContent? Renamed(PromptContent? content)
        {
            if (content is null)
                return null;
            if (!renamed.TryGetValue(content, out var other))
            {
                ImmutableArray<ContentPiece> pieces =
                [
                    .. content.Pieces.Select(piece => piece with { Id = NameOf(piece.Id) }),
                ];
                other = new PromptContent(pieces, content.Answer is { } answer ? NameOf(answer) : null);
                renamed.Add(content, other);
            }
            return other;
        }

        private long NameOf(long id) => (long)round * numbers.Count + numbers[id];
    }
}
