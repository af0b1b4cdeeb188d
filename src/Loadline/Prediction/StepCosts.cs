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

    /// <summary>The same costs from a table, for searches that ask thousands of times.</summary>
    /// <param name="mostSequences">Sequences that decode together at most.</param>
    /// <param name="sameSteps">
    /// A table for as many sequences, of the same step and mean context, whose decode steps need not be timed again.
    /// </param>
    public StepCosts Tabulated(double mostSequences, StepCosts? sameSteps = null)
    {
        var table = new StepCosts(step, chunkTokens, request, pipeline, speculation);
        var length = Math.Clamp(Array.FindIndex(Grid, size => size >= mostSequences) + 1, 2, Grid.Length);
        if (mostSequences > Grid[^1])
            length = Grid.Length;
        table.stepTable = sameSteps?.stepTable ?? [.. Grid.Take(length).Select(StepSeconds)];
        table.decodeTable = new double[length];
        table.marginalTable = new double[length];
        for (var i = 0; i < length; i++)
        {
            // The grid begins where nothing decodes.
            table.decodeTable[i] = i == 0 ? 0 : PerToken(Grid[i], table.stepTable[i]);
            table.marginalTable[i] = Marginal(Grid[i], table.stepTable[i]);
        }
        return table;
    }

    /// <summary>
    /// Seconds of a decode step of so many sequences of mean length, for each token it yields. Less than one on average is
    /// one some of the time: a step with a part of a sequence does not exist.
    /// </summary>
    public double Decode(double sequences)
    {
        if (decodeTable is not null)
            return Interpolate(decodeTable, sequences);
        return sequences < 1 ? sequences * ExactDecode(1) : ExactDecode(sequences);
    }

    /// <summary>
    /// Seconds by which one prompt lengthens the steps of so many decoding sequences. In a pipeline it holds up each of
    /// the other batches for as long as it is in one stage.
    /// </summary>
    public double Marginal(double decoding)
    {
        if (marginalTable is not null)
            return Interpolate(marginalTable, decoding);
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

    private static double Interpolate(double[] table, double sequences)
    {
        var place = Array.BinarySearch(Grid, 0, table.Length, sequences);
        var upper = Math.Clamp(place < 0 ? ~place : place, 1, table.Length - 1);
        var share = (sequences - Grid[upper - 1]) / (Grid[upper] - Grid[upper - 1]);
        return table[upper - 1] + share * (table[upper] - table[upper - 1]);
    }
}
