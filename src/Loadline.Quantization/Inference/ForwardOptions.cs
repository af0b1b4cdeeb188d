namespace Loadline.Quantization.Inference;

/// <summary>Which tokens logits are computed for.</summary>
public enum LogitRows
{
    /// <summary>Every token, as an evaluation needs them.</summary>
    All,

    /// <summary>The last token of every sequence, as an engine samples.</summary>
    Last,
}

/// <summary>Tokens of one sequence that run through the model together.</summary>
/// <param name="Tokens">One or more.</param>
/// <param name="Cache">What came before them and where they are added; null for a sequence that is complete.</param>
public sealed record SequenceStep(ReadOnlyMemory<int> Tokens, KvCache? Cache = null);

public sealed record ForwardOptions
{
    public LogitRows Rows { get; init; } = LogitRows.All;

    public IForwardObserver? Observer { get; init; }

    /// <summary>Counts are added to it.</summary>
    public WorkCount? Count { get; init; }
}

/// <summary>Scores of every token of the vocabulary, a row for every token asked for.</summary>
public sealed class Logits
{
    private readonly float[] numbers;

    internal Logits(float[] numbers, int vocabulary)
    {
        this.numbers = numbers;
        Vocabulary = vocabulary;
    }

    public int Count => numbers.Length / Vocabulary;

    public int Vocabulary { get; }

    public ReadOnlySpan<float> this[int row] => numbers.AsSpan(row * Vocabulary, Vocabulary);
}
