namespace Loadline.Catalog;

/// <summary>Finds the catalogued model that a name other than an id stands for.</summary>
internal static class ModelNames
{
    /// <summary>Endings that mark a tuning or packaging of one architecture, longest first.</summary>
    private static readonly string[] Variants = ["-instruct", "-chat", "-base", "-hf", "-it", "-pt"];

    public static (string Id, string? Rule)? Find(string name, NameIndex names, IEnumerable<string> ids)
    {
        if (names.Exact(name) is { } exact)
            return (exact, $"{name} is another name of {exact}");

        var all = ids.ToList();
        if (Unique(name, [.. all.Where(id => SameWithoutOrganisation(id, name))]) is { } bare)
            return (bare, $"{name} is taken to be {bare}");
        if (Unique(name, names.StartingWith(name)) is { } longer)
            return (longer, $"{name} is taken to be {longer}");

        var core = CoreOf(name);
        var siblings = all.Where(id => CoreOf(id) == core || (!name.Contains('/') && CoreOf(NameOf(id)) == core));
        return Unique(name, Preferred(siblings.ToList(), name)) is { } sibling
            ? (sibling, $"{name} is taken to share the architecture of {sibling}")
            : null;
    }

    private static string? Unique(string name, IReadOnlyList<string> found) =>
        found switch
        {
            [] => null,
            [var only] => only,
            _ => throw new UnknownNameException("model", name, found, ambiguous: true),
        };

    // Several variants of one model are catalogued with one architecture: the plain one stands for all.
    private static List<string> Preferred(List<string> siblings, string name)
    {
        if (siblings.Count < 2 || name.Length == 0)
            return siblings;

        var organisations = siblings.Select(OrganisationOf).Distinct(StringComparer.OrdinalIgnoreCase).Count();
        return organisations == 1 ? [siblings.MinBy(id => id.Length)!] : siblings;
    }

    private static bool SameWithoutOrganisation(string id, string name) =>
        !name.Contains('/') && NameOf(id).Equals(name, StringComparison.OrdinalIgnoreCase);

    private static string NameOf(string id) => id[(id.IndexOf('/') + 1)..];

    private static string OrganisationOf(string id) => id[..Math.Max(0, id.IndexOf('/'))];

    /// <summary>The name without its variant, keeping a version that follows: X-Instruct-v0.1 and X-v0.1 are one.</summary>
    private static string CoreOf(string name)
    {
        var core = name.ToLowerInvariant();
        var version = core.LastIndexOf("-v", StringComparison.Ordinal);
        var tail =
            version > 0 && version + 2 < core.Length && char.IsAsciiDigit(core[version + 2]) ? core[version..] : "";
        core = core[..^tail.Length];

        for (var found = true; found; )
        {
            found = false;
            foreach (var variant in Variants)
            {
                if (core.EndsWith(variant, StringComparison.Ordinal) && core.Length > variant.Length)
                {
                    core = core[..^variant.Length];
                    found = true;
                }
            }
        }
        return core + tail;
    }
}
