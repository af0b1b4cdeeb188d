namespace Loadline.Simulation;

/// <summary>A request inside a replica.</summary>
internal sealed class Sequence
{
    /// <summary>Number of the request in its run.</summary>
    public int Request { get; set; }

    public int PromptTokens { get; set; }

    public int OutputTokens { get; set; }

    public PromptContent? Content { get; set; }

    public int Priority { get; set; }

    /// <summary>Tokens to compute before it decodes: the prompt, after a preemption also what it had generated.</summary>
    public int Target { get; set; }

    /// <summary>Tokens of the target that are in the cache.</summary>
    public int Computed { get; set; }

    /// <summary>Tokens generated, up to the last time it joined or left the decoding ones.</summary>
    public int Generated { get; set; }

    /// <summary>Step of its scheduler with which it ends; only of decoding sequences.</summary>
    public long EndStep { get; set; }

    /// <summary>Tokens in the cache when the scheduler was at step 0, could it have decoded since; may be negative.</summary>
    public long ContextOrigin { get; set; }

    /// <summary>Place in the heap of ends; below 0 where it does not decode.</summary>
    public int HeapIndex { get; set; } = -1;

    /// <summary>Neighbours in the order of admission.</summary>
    public Sequence? Older { get; set; }

    public Sequence? Newer { get; set; }

    /// <summary>Cached pieces of the content that it holds.</summary>
    public List<CachedPiece> Held { get; } = [];

    /// <summary>Blocks in <see cref="Held"/>, which it shares.</summary>
    public long SharedBlocks { get; set; }

    /// <summary>Blocks it holds for itself.</summary>
    public long OwnBlocks { get; set; }

    /// <summary>Steps of decoding it joined with.</summary>
    public int DecodeSteps { get; set; }

    /// <summary>True while its prompt lies in the cache of another replica.</summary>
    public bool IsComputedElsewhere { get; set; }

    /// <summary>What it left in the cache when it was preempted; null when it was not.</summary>
    public CachedPiece? Left { get; set; }

    /// <summary>When its last token came before it joined the decoding ones, or until it left them.</summary>
    public double LastTokenSeconds { get; set; } = double.NaN;

    /// <summary>Makes a spent object ready for another request.</summary>
    public void Reset(int request, in Arrival arrival)
    {
        Request = request;
        PromptTokens = arrival.PromptTokens;
        OutputTokens = arrival.OutputTokens;
        Content = arrival.Content;
        Priority = arrival.Priority;
        Target = arrival.PromptTokens;
        Computed = 0;
        Generated = 0;
        DecodeSteps = 0;
        IsComputedElsewhere = false;
        HeapIndex = -1;
        Older = Newer = null;
        Held.Clear();
        Left = null;
        SharedBlocks = OwnBlocks = 0;
        LastTokenSeconds = double.NaN;
    }
}
