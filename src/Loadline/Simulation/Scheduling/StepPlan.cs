using Loadline.Prediction;

namespace Loadline.Simulation;

/// <summary>What a scheduler puts into its next step.</summary>
internal sealed class StepPlan
{
    private readonly List<(Sequence Sequence, int Tokens)> prompts = [];

    /// <summary>Pairs of a token and one it attends to, of all prompts.</summary>
    private double attended;

    public IReadOnlyList<(Sequence Sequence, int Tokens)> Prompts => prompts;

    public int PromptTokens { get; private set; }

    /// <summary>True when the decoding sequences get a token in this step.</summary>
    public bool Decodes { get; set; }

    public bool HasPrompts => prompts.Count > 0;

    public void Clear()
    {
        prompts.Clear();
        PromptTokens = 0;
        attended = 0;
        Decodes = false;
    }

    public void Add(Sequence sequence, int tokens)
    {
        prompts.Add((sequence, tokens));
        PromptTokens += tokens;
        attended += tokens * (sequence.Computed + tokens / 2.0);
    }

    /// <summary>
    /// The step as operators see it: prompts of different lengths count as equal ones that attend to as much.
    /// </summary>
    public StepShape Shape(DecodingSet decoding)
    {
        var decode = Decodes ? decoding.Count : 0;
        if (prompts.Count == 0)
            return StepShape.Decode(decode, decoding.MeanContext);
        var chunk = (double)PromptTokens / prompts.Count;
        var context = Math.Max(0, attended / PromptTokens - chunk / 2);
        return new StepShape(PromptTokens, context, prompts.Count, decode, decoding.MeanContext);
    }
}
