using System.Collections.Immutable;
using Loadline.Models;
using Loadline.Quantization.Inference;
using Loadline.Quantization.Tokenization;

namespace Loadline.Quantization.Evaluation;

/// <summary>A model as it was trained and the text it is to read, opened once for all that is compared with it.</summary>
public sealed class EvaluationSession : IDisposable
{
    private readonly ReferenceOptions options;

    private EvaluationSession(ReferenceModel original, EvaluationText text, int context, ReferenceOptions options)
    {
        Original = original;
        Text = text;
        Context = context;
        this.options = options;
    }

    public ReferenceModel Original { get; }

    public EvaluationText Text { get; }

    /// <summary>Tokens of a window.</summary>
    public int Context { get; }

    /// <summary>What to know of figures measured on this text.</summary>
    public ImmutableArray<string> Notes =>
        [
            $"{Text.Tokens:N0} tokens in windows of {Context}, all but the first of each predicted; intervals hold 90 % by the text that was used, not by other texts.",
            "The text is read with fp32 arithmetic: what an engine rounds beside the weights (activations, cache) is not in the figures.",
        ];

    /// <exception cref="BadContentException">Not sound, too short, or a model whose computation is not described.</exception>
    /// <exception cref="IOException">Nothing is there, or it cannot be read.</exception>
    public static EvaluationSession Open(EvaluationRequest request)
    {
        var options = new ReferenceOptions { Threads = request.Threads };
        // The text first: reading it takes no time, and the weights do.
        var tokenizer = Tokenizer.Load(request.Model);
        var words = File.ReadAllText(request.Text);
        var original = ReferenceModel.Load(request.Model, options);
        try
        {
            var most = original.MostPositions ?? int.MaxValue;
            var context = request.Context ?? Math.Min(EvaluationText.DefaultContext, most);
            if (context < 2 || context > most)
                throw new BadContentException(
                    "--context",
                    "",
                    $"{context} tokens",
                    most == int.MaxValue ? "2 or more" : $"2 to {most}, as the model has positions"
                );
            if (tokenizer.Size > original.VocabularySize)
                throw new BadContentException(
                    request.Model,
                    "",
                    $"a tokenizer of {tokenizer.Size} tokens",
                    $"at most the {original.VocabularySize} of the model"
                );
            var text = EvaluationText.Of(request.Text, words, tokenizer, context);
            return new EvaluationSession(original, text, context, options);
        }
        catch
        {
            original.Dispose();
            throw;
        }
    }

    /// <summary>Lets a model that was written to some place read the text beside the original.</summary>
    public EvaluationResult Compare(string path, TimeProvider clock, CancellationToken cancellation)
    {
        using var tested = ReferenceModel.Load(path, options);
        return Compare(tested, clock, cancellation);
    }

    /// <inheritdoc cref="Compare(string, TimeProvider, CancellationToken)"/>
    public EvaluationResult Compare(ReferenceModel tested, TimeProvider clock, CancellationToken cancellation) =>
        new Evaluator(Text, clock).Compare(Original, tested, null, cancellation);

    public void Dispose() => Original.Dispose();
}
