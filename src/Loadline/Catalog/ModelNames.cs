namespace Loadline.Catalog;

/// <summary>Finds the catalogued model that a name other than an id stands for.</summary>
internal static class ModelNames
{
    /// <summary>Endings that mark a tuning or packaging of one architecture.</summary>
    private static readonly string[] Variants = ["-instruct", "-thinking", "-chat", "-base", "-hf", "-it", "-pt"];

    public static (string Id, string? Rule)? Find(string name, NameIndex names)
    {
        if (name.Length == 0)
            return null;
        if (names.Exact(name) is { } exact)
            return (exact, Same(exact, name) ? null : $"{name} is another name of {exact}");

        var bare = !name.Contains('/', StringComparison.Ordinal);
        var sameName = IdsWhere(names, known => bare && Same(WithoutOrganisation(known), name));
        if (Only(name, sameName) is { } unorganised)
            return (unorganised, $"{name} is taken to be {unorganised}");
        if (Only(name, names.StartingWith(name)) is { } longer)
            return (longer, $"{name} is taken to be {longer}");

        var core = CoreOf(name);
        var siblings = IdsWhere(names, known => CoreOf(bare ? WithoutOrganisation(known) : known) == core);
        return Only(name, PlainestOf(siblings)) is { } sibling
            ? (sibling, $"{name} is taken to share the architecture of {sibling}")
            : null;
    }

    private static List<string> IdsWhere(NameIndex names, Func<string, bool> matches) =>
        names
            .Names.Where(pair => matches(pair.Key))
            .Select(pair => pair.Value)
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.OrdinalIgnoreCase)
            .ToList();

    private static string? Only(string name, IReadOnlyList<string> found) =>
        found switch
        {
            [] => null,
            [var only] => only,
            _ => throw new UnknownNameException("model", name, found, ambiguous: true),
        };

    // Variants of one organisation's model have one architecture, so the plainest stands for all of them.
    private static List<string> PlainestOf(List<string> siblings)
    {
        var organisations = siblings.Select(OrganisationOf).Distinct(StringComparer.OrdinalIgnoreCase).Count();
        return organisations == 1 ? [siblings.MinBy(id => id.Length)!] : siblings;
    }

    private static bool Same(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);

    private static string WithoutOrganisation(string id) => id[(id.IndexOf('/', StringComparison.Ordinal) + 1)..];

    private static string OrganisationOf(string id) => id[..Math.Max(0, id.IndexOf('/', StringComparison.Ordinal))];

    /// <summary>
    /// The name without variants and dates but with a version that follows them: X-Instruct-v0.1 and X-v0.1 are one,
    /// X-v0.1 and X-v0.3 are not.
    /// </summary>
    private static string CoreOf(string name)
    {
        var core = name.ToLowerInvariant();
        var version = VersionOf(core);
        core = core[..^version.Length];
        while (WithoutEnding(core) is { } shorter)
            core = shorter;
        return core + version;
    }

    private static string VersionOf(string name)
    {
        var start = name.LastIndexOf("-v", StringComparison.Ordinal);
        return start > 0 && start + 2 < name.Length && char.IsAsciiDigit(name[start + 2]) ? name[start..] : "";
    }

    private static string? WithoutEnding(string name)
    {
        foreach (var variant in Variants)
        {
            if (name.EndsWith(variant, StringComparison.Ordinal) && name.Length > variant.Length)
                return name[..^variant.Length];
        }

        // A release date such as -2507 or -0528.
        const int Date = 5;
        var dated = name.Length > Date && name[^Date] == '-' && name[^(Date - 1)..].All(char.IsAsciiDigit);
        return dated ? name[..^Date] : null;
    }
}
