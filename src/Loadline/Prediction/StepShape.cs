namespace Loadline.Prediction;

/// <summary>
/// What one step of an engine computes: some prompt tokens, and one token for each decoding sequence. Prefill and
/// decode are the same operators with different numbers.
/// </summary>
/// <param name="PrefillTokens">Prompt tokens in this step, all sequences together.</param>
/// <param name="PrefillContext">Tokens of the prefilling sequence that are in the cache already.</param>
/// <param name="PrefillSequences">Sequences the prompt tokens belong to; 0 when there are none.</param>
/// <param name="DecodeSequences">Sequences that get one token each; fractional for the mean of many steps.</param>
/// <param name="DecodeContext">Mean tokens in the cache of a decoding sequence.</param>
public readonly record struct StepShape(
    double PrefillTokens,
    double PrefillContext,
    double PrefillSequences,
    double DecodeSequences,
    double DecodeContext
)
{
    /// <summary>Tokens each decoding sequence runs through the model: more than one when drafts are verified.</summary>
    public double TokensPerSequence { get; init; } = 1;

    public static StepShape Prefill(double tokens, double context = 0) => new(tokens, context, 1, 0, 0);

    public static StepShape Decode(double sequences, double context) => new(0, 0, 0, sequences, context);

    /// <summary>Tokens that pass through the matrices.</summary>
    public double Tokens => PrefillTokens + DecodeTokens;

    /// <summary>Tokens of the decoding sequences.</summary>
    public double DecodeTokens => DecodeSequences * TokensPerSequence;

    /// <summary>Rows whose next token is sampled.</summary>
    public double SampledRows => DecodeTokens + PrefillSequences;

    /// <summary>Sequences the engine has to look after.</summary>
    public double Sequences => DecodeSequences + PrefillSequences;

    /// <summary>
    /// What the busiest of the data-parallel attention ranks computes of the step: prompts go to as many ranks as there
    /// are prompts, decoding sequences to all.
    /// </summary>
    public StepShape OnBusiestRank(int ranks)
    {
        if (ranks == 1)
            return this;
        var prefilling = Math.Clamp(PrefillSequences, 1, ranks);
        return this with
        {
            PrefillTokens = PrefillTokens / prefilling,
            PrefillSequences = PrefillSequences / prefilling,
            DecodeSequences = Math.Max(DecodeSequences / ranks, Math.Min(1, DecodeSequences)),
        };
    }
}
