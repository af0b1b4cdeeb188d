namespace Loadline.Catalog;

/// <summary>Finds ids by id, alias or the beginning of either, without regard to case.</summary>
internal sealed class NameIndex
{
    private const int Nearest = 5;

    private readonly string kind;
    private readonly Dictionary<string, string> ids = new(StringComparer.OrdinalIgnoreCase);

    public NameIndex(string kind, IEnumerable<(string Id, IReadOnlyList<string> Aliases)> entries)
    {
        this.kind = kind;
        foreach (var (id, aliases) in entries)
        {
            ids[id] = id;
            foreach (var alias in aliases)
                ids.TryAdd(alias, id);
        }
    }

    /// <summary>Every id and alias with the id it leads to.</summary>
    public IEnumerable<KeyValuePair<string, string>> Names => ids;

    /// <summary>The id that is exactly this name, or has it as alias.</summary>
    public string? Exact(string name) => ids.GetValueOrDefault(name);

    /// <summary>The ids one of whose names begins with this.</summary>
    public IReadOnlyList<string> StartingWith(string name) =>
        ids.Where(pair => pair.Key.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            .Select(pair => pair.Value)
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.OrdinalIgnoreCase)
            .ToList();

    public string Find(string name)
    {
        var wanted = name.Trim();
        if (wanted.Length == 0)
            throw new UnknownNameException(kind, name, [], ambiguous: false);
        if (Exact(wanted) is { } exact)
            return exact;

        return StartingWith(wanted) switch
        {
            [var only] => only,
            [] => throw Unknown(name),
            var several => throw new UnknownNameException(kind, name, several, ambiguous: true),
        };
    }

    public UnknownNameException Unknown(string name)
    {
        var wanted = name.Trim().ToLowerInvariant();
        var nearest = ids.Select(pair => (Id: pair.Value, Distance: EditDistance(wanted, pair.Key.ToLowerInvariant())))
            .OrderBy(pair => pair.Distance)
            .ThenBy(pair => pair.Id, StringComparer.OrdinalIgnoreCase)
            .Select(pair => pair.Id)
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Take(Nearest)
            .ToList();
        return new UnknownNameException(kind, name, nearest, ambiguous: false);
    }

    /// <summary>Insertions, deletions and replacements that turn one text into the other (Levenshtein).</summary>
    private static int EditDistance(string from, string to)
    {
        var previous = Enumerable.Range(0, to.Length + 1).ToArray();
        var current = new int[to.Length + 1];
        for (var row = 1; row <= from.Length; row++)
        {
            current[0] = row;
            for (var column = 1; column <= to.Length; column++)
            {
                var replaced = previous[column - 1] + (from[row - 1] == to[column - 1] ? 0 : 1);
                current[column] = Math.Min(replaced, Math.Min(previous[column], current[column - 1]) + 1);
            }
            (previous, current) = (current, previous);
        }
        return previous[to.Length];
    }
}
