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
    public static StepShape Prefill(double tokens, double context = 0) => new(tokens, context, 1, 0, 0);

    public static StepShape Decode(double sequences, double context) => new(0, 0, 0, sequences, context);

    /// <summary>Tokens that pass through the matrices.</summary>
    public double Tokens => PrefillTokens + DecodeSequences;

    /// <summary>Rows whose next token is sampled.</summary>
    public double SampledRows => DecodeSequences + PrefillSequences;
}
