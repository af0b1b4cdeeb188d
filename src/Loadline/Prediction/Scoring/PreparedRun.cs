using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>A deployment of rows, built once, and how far off its predictions may be.</summary>
internal sealed record PreparedRun(Deployment Deployment, Step Step, ServingMemory Memory, PredictionError Error)
{
    public int Chunk => Deployment.Rules.MaximumBatchedTokens;

    public Estimate Milliseconds(double seconds) => Error.Time(new Duration(seconds)) * 1e3;

    public Estimate FirstToken(double seconds, bool isAlone) =>
        Error.FirstTokenTime(new Duration(seconds), isAlone) * 1e3;

    public Estimate Rate(double perSecond) => Error.Throughput(perSecond);

    /// <summary>Tokens per second of one sequence: the inverse of its time per token.</summary>
    public Estimate StepRate(double perSecond) => Estimate.WithinFactor(perSecond, Error.Factor, Error.Evidence);

    /// <summary>Prompt tokens per second: the inverse of the time to first token.</summary>
    public Estimate PromptRate(double perSecond) =>
        Estimate.WithinFactor(perSecond, Error.FirstTokenAloneFactor, Error.Evidence);
}
