using Loadline.Prediction;

namespace Loadline.Simulation;

/// <summary>
/// Seconds of the steps of one replica, fast enough to be asked millions of times. Steps that only decode come from a
/// table by sequences and mean context that fills as it is asked; the others are timed operator by operator.
/// </summary>
/// <remarks>
/// Between two entries of the table, a quarter of an octave of context apart, a step is taken as a straight line: the
/// bytes of the cache it reads are one, and the corner of its roofline is rounded.
/// </remarks>
public sealed class StepTimes
{
    /// <summary>Entries to an octave are two to the power of this.</summary>
    private const int BitsPerOctave = 2;
    private const int FractionBits = 52 - BitsPerOctave;

    /// <summary>Contexts are counted from here, so that the first octave begins at an empty cache.</summary>
    private const double Offset = 16;

    private static readonly long FirstEntry = BitConverter.DoubleToInt64Bits(Offset) >> FractionBits;

    private readonly Step step;
    private readonly PromptPipeline pipeline;
    private readonly Speculation? speculation;
    private readonly int stepTokens;
    private readonly double slowdown;

    /// <summary>
    /// By sequences. Replicas that run side by side share it: an entry that two of them fill at once gets the same value
    /// twice, and one that is lost while it grows is computed again.
    /// </summary>
    private double[]?[] rows = new double[]?[64];

    /// <param name="deployment">One replica.</param>
    /// <param name="speculation">Drafts that its steps verify; null for none.</param>
    /// <param name="slowdown">Factor on all times: how far off the prediction is taken to be.</param>
    public StepTimes(Deployment deployment, Speculation? speculation = null, double slowdown = 1)
        : this(
            new Step(deployment),
            deployment.Rules.MaximumBatchedTokens,
            PromptPipeline.Of(deployment),
            speculation,
            slowdown
        ) { }

    public StepTimes(
        Step step,
        int stepTokens,
        PromptPipeline pipeline = default,
        Speculation? speculation = null,
        double slowdown = 1
    )
    {
        this.step = step;
        this.stepTokens = stepTokens;
        this.pipeline = pipeline;
        this.speculation = speculation;
        this.slowdown = slowdown;
    }

    /// <summary>Ranks with sequences of their own whose steps end together.</summary>
    public int RanksInStep => step.SharesExperts ? step.DataRanks : 1;

    /// <summary>Ranks with sequences of their own that wait for no other.</summary>
    public int SeparateRanks => step.SharesExperts ? 1 : step.DataRanks;

    /// <summary>
    /// Seconds between the tokens of so many sequences that decode while nothing else happens, each with so many tokens in
    /// the cache on average.
    /// </summary>
    /// <param name="sequences">Sequences of the busiest rank.</param>
    /// <param name="meanContext">Tokens in the cache of each.</param>
    /// <param name="allSequences">Those of all ranks that end their steps together.</param>
    public double Decode(int sequences, double meanContext, int allSequences)
    {
        if (allSequences != sequences)
            return slowdown * PerToken(sequences, meanContext, DecodeStep(sequences, meanContext, allSequences));

        var row = RowOf(sequences);
        var place = meanContext + Offset;
        var bits = BitConverter.DoubleToInt64Bits(place);
        var entry = (int)((bits >> FractionBits) - FirstEntry);
        var low = BitConverter.Int64BitsToDouble(bits >> FractionBits << FractionBits);
        var high = BitConverter.Int64BitsToDouble((bits >> FractionBits) + 1 << FractionBits);
        var share = (place - low) / (high - low);
        var before = Entry(row, sequences, entry, low);
        return before + share * (Entry(row, sequences, entry + 1, high) - before);
    }

    /// <summary>Seconds of a step that computes prompts, with or without sequences that decode beside them.</summary>
    /// <param name="own">What the busiest rank computes.</param>
    /// <param name="allTokens">Tokens of all ranks that end their steps together.</param>
    public double WithPrompts(in StepShape own, double allTokens)
    {
        var sequences = (int)own.DecodeSequences;
        var decode =
            sequences == 0 ? 0 : DecodeStep(own.DecodeSequences, own.DecodeContext, allTokens - own.PrefillTokens);
        var seconds = sequences == 0 ? 0 : PerToken(own.DecodeSequences, own.DecodeContext, decode);
        var context = own.PrefillContext;
        var others = allTokens - own.Tokens;
        var chunk = 0;
        for (var left = own.PrefillTokens; left > 0; left -= stepTokens)
        {
            var tokens = Math.Min(left, stepTokens);
            var shape = own with
            {
                PrefillTokens = tokens,
                PrefillContext = context,
                DecodeSequences = InOneBatch(own.DecodeSequences),
                TokensPerSequence = TokensPerSequence,
            };
            // What decodes rides along with the first piece.
            if (chunk > 0)
                shape = shape with { DecodeSequences = 0 };
            var time = step.TimeOfRank(shape, shape.Tokens + others).Seconds;
            seconds += (time - (chunk == 0 ? decode : 0)) * pipeline.ShareOf(chunk) / step.BatchesUnderWay;
            context += tokens / Math.Max(1, own.PrefillSequences);
            chunk++;
        }
        return slowdown * Math.Max(seconds, chunk * step.PromptLaunchSeconds);
    }

    private int TokensPerSequence => 1 + (speculation?.DraftTokens ?? 0);

    private double[] RowOf(int sequences)
    {
        var known = Volatile.Read(ref rows);
        if (sequences >= known.Length)
        {
            Array.Resize(ref known, Math.Max(sequences + 1, 2 * known.Length));
            Volatile.Write(ref rows, known);
        }
        if (Volatile.Read(ref known[sequences]) is { } row)
            return row;
        row = NewRow();
        Volatile.Write(ref known[sequences], row);
        return row;
    }

    private double Entry(double[] row, int sequences, int entry, double place)
    {
        var seconds = row[entry];
        if (seconds == 0)
        {
            var context = place - Offset;
            seconds = slowdown * PerToken(sequences, context, DecodeStep(sequences, context, sequences));
            row[entry] = seconds;
        }
        return seconds;
    }

    private static double[] NewRow()
    {
        const double LongestContext = 1L << 37;
        return new double[(BitConverter.DoubleToInt64Bits(LongestContext) >> FractionBits) - FirstEntry];
    }

    private double DecodeStep(double sequences, double context, double allSequences)
    {
        var own = StepShape.Decode(InOneBatch(sequences), context) with { TokensPerSequence = TokensPerSequence };
        var all = InOneBatch(allSequences) * TokensPerSequence;
        return step.TimeOfRank(own, all).Seconds;
    }

    /// <summary>In a pipeline a step is that of the batch in one stage.</summary>
    private double InOneBatch(double sequences) => Math.Max(sequences / step.BatchesUnderWay, Math.Min(1, sequences));

    private double PerToken(double sequences, double context, double seconds) =>
        speculation is null
            ? seconds
            : (seconds + speculation.DraftSeconds(InOneBatch(sequences), context)) / speculation.TokensPerStep;
}
