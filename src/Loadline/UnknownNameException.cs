namespace Loadline;

/// <summary>A model, accelerator, engine or format that is not known, or a name that fits several.</summary>
public sealed class UnknownNameException(string kind, string name, IReadOnlyList<string> candidates, bool ambiguous)
    : Exception(Compose(kind, name, candidates, ambiguous))
{
    public string Kind { get; } = kind;

    public string Name { get; } = name;

    /// <summary>The names it could have meant, or the nearest known ones.</summary>
    public IReadOnlyList<string> Candidates { get; } = candidates;

    private static string Compose(string kind, string name, IReadOnlyList<string> candidates, bool ambiguous)
    {
        const int Shown = 12;
        var list = string.Join(", ", candidates.Take(Shown));
        if (candidates.Count > Shown)
            list += $" and {candidates.Count - Shown} more";
        var problem = ambiguous ? $"{kind} \"{name}\" fits several" : $"{kind} \"{name}\" is not known";
        return list.Length == 0 ? problem
            : ambiguous ? $"{problem}: {list}"
            : $"{problem}; nearest: {list}";
    }
}
