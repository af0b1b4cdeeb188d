namespace Loadline;

/// <summary>A model, accelerator, engine or format that is not known, or a name that fits several.</summary>
public sealed class UnknownNameException(
    string kind,
    string name,
    IReadOnlyList<string> candidates,
    bool ambiguous,
    string? advice = null
) : Exception(Compose(kind, name, candidates, ambiguous, advice))
{
    public string Kind { get; } = kind;

    public string Name { get; } = name;

    /// <summary>The names it could have meant, or the nearest known ones.</summary>
    public IReadOnlyList<string> Candidates { get; } = candidates;

    public bool IsAmbiguous { get; } = ambiguous;

    /// <summary>The same, with where else it was looked for and what can be done about it.</summary>
    public UnknownNameException With(string advice) => new(Kind, Name, Candidates, IsAmbiguous, advice);

    private static string Compose(
        string kind,
        string name,
        IReadOnlyList<string> candidates,
        bool ambiguous,
        string? advice
    )
    {
        const int Shown = 12;
        var list = string.Join(", ", candidates.Take(Shown));
        if (candidates.Count > Shown)
            list += $" and {candidates.Count - Shown} more";
        var problem = ambiguous ? $"{kind} \"{name}\" fits several" : $"{kind} \"{name}\" is not known";
        var message =
            list.Length == 0 ? problem
            : ambiguous ? $"{problem}: {list}"
            : $"{problem}; nearest: {list}";
        return advice is null ? message : $"{message}; {advice}";
    }
}
