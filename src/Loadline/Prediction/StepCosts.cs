namespace Loadline.Prediction;

/// <summary>
/// What one request costs a replica, as functions of how many others run beside it: the decode step they share, and
/// the time by which a prompt lengthens it.
/// </summary>
/// <remarks>Tokens, sequences and seconds.</remarks>
public sealed class StepCosts(
    Step step,
    int chunkTokens,
    RequestShape request,
    PromptPipeline pipeline = default,
    Speculation? speculation = null
)
{
    /// <summary>
    /// Batch sizes at which a table samples, eight to an octave: between them the step time is close to a straight line.
    /// </summary>
    private static readonly double[] Grid = [0, 1, 2, 3, 4, 5, 6, 7, .. Octaves(8, 2048), 4096];

    private const int Octave = 8;

    /// <summary>Bits of a double below the three that number the eighths of an octave.</summary>
    private const int FractionBitsBelow = 49;

    /// <summary>What those above are for the size that stands at place 8 of the grid, less its place.</summary>
    private static readonly int FirstOctave =
        (int)(BitConverter.DoubleToInt64Bits(Octave) >> FractionBitsBelow) - Octave;

    private double[]? stepTable;
    private double[]? decodeTable;
    private double[]? marginalTable;

    public RequestShape Request => request;

    /// <summary>Ranks that prefill side by side.</summary>
    public int DataRanks => step.DataRanks;

    /// <summary>Those that wait for each other in every step; 1 where they share no experts.</summary>
    public int RanksThatWait => step.SharesExperts ? step.DataRanks : 1;

    /// <summary>What a step of so many decoding sequences computes, of the batch that is in one stage.</summary>
    public StepShape StepOf(double sequences) => Decoding(Math.Max(1, sequences));

    /// <summary>Tokens that a step yields for each sequence.</summary>
    public double TokensPerStep => speculation?.TokensPerStep ?? 1;

    /// <summary>Steps one prompt is cut into.</summary>
    public int Chunks { get; } = (int)Math.Ceiling(request.ComputedPromptTokens / chunkTokens);

    /// <summary>
    /// The same costs from a table that fills as it is asked, for searches that ask thousands of times on one thread.
    /// </summary>
    /// <param name="mostSequences">Sequences that decode together at most.</param>
    /// <param name="sameSteps">
    /// A table for as many sequences, of the same step and mean context, whose decode steps need not be timed again.
    /// </param>
    public StepCosts Tabulated(double mostSequences, StepCosts? sameSteps = null)
    {
        var table = new StepCosts(step, chunkTokens, request, pipeline, speculation);
        var length = mostSequences > Grid[^1] ? Grid.Length : Math.Clamp(PlaceOf(mostSequences) + 1, 2, Grid.Length);
        // A bisection asks for a few places of the table, so each is worked out when it is first asked for.
        table.stepTable = sameSteps?.stepTable ?? Unknown(length);
        table.decodeTable = Unknown(length);
        table.marginalTable = Unknown(length);
        return table;
    }

    /// <summary>
    /// Seconds of a decode step of so many sequences of mean length, for each token it yields. Less than one on average is
    /// one some of the time: a step with a part of a sequence does not exist.
    /// </summary>
    public double Decode(double sequences)
    {
        if (decodeTable is not null)
        {
            var upper = UpperOf(decodeTable, sequences);
            return Between(upper, sequences, DecodeAt(upper - 1), DecodeAt(upper));
        }
        return sequences < 1 ? sequences * ExactDecode(1) : ExactDecode(sequences);
    }

    /// <summary>
    /// Seconds by which one prompt lengthens the steps of so many decoding sequences. In a pipeline it holds up each of
    /// the other batches for as long as it is in one stage.
    /// </summary>
    public double Marginal(double decoding)
    {
        if (marginalTable is not null)
        {
            var upper = UpperOf(marginalTable, decoding);
            return Between(upper, decoding, MarginalAt(upper - 1), MarginalAt(upper));
        }
        return decoding < 1
            ? (1 - decoding) * Marginal(0, 0) + decoding * Marginal(1, StepSeconds(1))
            : Marginal(decoding, StepSeconds(decoding));
    }

    /// <summary>Prompts that the budget of tokens of one step holds; less than one where they come in chunks.</summary>
    public double PromptsInBudget => chunkTokens / request.ComputedPromptTokens;

    /// <summary>
    /// The most by which prompts lengthen one step: no step takes more of them than its budget of tokens.
    /// </summary>
    public double LargestMarginal(double decoding) => Marginal(decoding) * PromptsInBudget;

    /// <summary>Seconds from the first chunk to the first token with so many sequences decoding alongside.</summary>
    /// <remarks>
    /// Its chunks follow each other through the stages of a pipeline. What the host takes to launch them is waited for,
    /// but under load it is shared with the other prompts of a step, so it does not lengthen the steps of others.
    /// </remarks>
    public double Prefill(double decoding) =>
        Math.Max(
            Chunks * step.PromptLaunchSeconds,
            Marginal(decoding) * (1 + (Stages - 1.0) / Chunks) + Chunks * Decode(decoding)
        );

    private int Stages => step.BatchesUnderWay;

    /// <summary>
    /// Prompts per second when nothing else runs: every rank has as many whole prompts in a step as its budget of tokens
    /// takes, or one a chunk at a time.
    /// </summary>
    public double PromptsPerSecond()
    {
        var together = Math.Max(1, Math.Floor(chunkTokens / request.ComputedPromptTokens)) * step.DataRanks;
        var seconds = 0.0;
        var context = request.CachedPrefixTokens;
        for (var left = request.ComputedPromptTokens; left > 0; left -= chunkTokens)
        {
            var tokens = Math.Min(left, chunkTokens);
            seconds += step.TimeOf(new StepShape(tokens * together, context, together, 0, 0)).Seconds;
            context += tokens;
        }
        return Stages * together / seconds;
    }

    private double ExactDecode(double sequences) => PerToken(sequences, StepSeconds(sequences));

    private double PerToken(double sequences, double seconds)
    {
        if (speculation is null)
            return seconds;
        var draft = speculation.DraftSeconds(InOneBatch(sequences), request.MeanContext);
        return (seconds + draft) / speculation.TokensPerStep;
    }

    /// <summary>A token passes all stages with the sequences of its own batch.</summary>
    private double StepSeconds(double sequences) => step.TimeOf(Decoding(sequences)).Seconds;

    private StepShape Decoding(double sequences) =>
        StepShape.Decode(InOneBatch(sequences), request.MeanContext) with
        {
            TokensPerSequence = 1 + (speculation?.DraftTokens ?? 0),
        };

    private double InOneBatch(double sequences) => Math.Max(sequences / Stages, Math.Min(1, sequences));

    private double Marginal(double decoding, double decode)
    {
        var seconds = 0.0;
        var chunk = 0;
        var context = request.CachedPrefixTokens;
        for (var left = request.ComputedPromptTokens; left > 0; left -= chunkTokens)
        {
            var tokens = Math.Min(left, chunkTokens);
            var shape = Decoding(decoding) with
            {
                PrefillTokens = tokens,
                PrefillContext = context,
                PrefillSequences = 1,
            };
            seconds += (step.TimeOf(shape).Seconds - decode) * pipeline.ShareOf(chunk++);
            context += tokens;
        }
        return seconds / Stages;
    }

    private static IEnumerable<double> Octaves(int first, int last)
    {
        for (var octave = first; octave <= last; octave *= 2)
        {
            for (var eighth = 8; eighth < 16; eighth++)
                yield return octave / 8.0 * eighth;
        }
    }

    private static double[] Unknown(int length)
    {
        var table = new double[length];
        Array.Fill(table, double.NaN);
        return table;
    }

    private double StepAt(int place)
    {
        var known = stepTable![place];
        return double.IsNaN(known) ? stepTable[place] = StepSeconds(Grid[place]) : known;
    }

    /// <summary>The grid begins where nothing decodes.</summary>
    private double DecodeAt(int place)
    {
        var known = decodeTable![place];
        return double.IsNaN(known) ? decodeTable[place] = place == 0 ? 0 : PerToken(Grid[place], StepAt(place)) : known;
    }

    private double MarginalAt(int place)
    {
        var known = marginalTable![place];
        return double.IsNaN(known) ? marginalTable[place] = Marginal(Grid[place], StepAt(place)) : known;
    }

    /// <summary>The end of the part of a table that a number of sequences is in, or of the nearest part.</summary>
    private static int UpperOf(double[] table, double sequences) => Math.Clamp(PlaceOf(sequences), 1, table.Length - 1);

    /// <summary>The first place of the grid that is not below a number of sequences; its length when there is none.</summary>
    private static int PlaceOf(double sequences)
    {
        if (sequences <= Octave)
            return (int)Math.Ceiling(Math.Max(0, sequences));
        if (sequences > Grid[^1])
            return Grid.Length;
        // Grid sizes from 8 on are the numbers whose fraction has three bits: exponent and fraction are the place.
        var bits = BitConverter.DoubleToInt64Bits(sequences);
        var place = (int)(bits >> FractionBitsBelow) - FirstOctave;
        return (bits & ((1L << FractionBitsBelow) - 1)) == 0 ? place : place + 1;
    }

    private static double Between(int upper, double sequences, double below, double above)
    {
        var share = (sequences - Grid[upper - 1]) / (Grid[upper] - Grid[upper - 1]);
        return below + share * (above - below);
    }
}
