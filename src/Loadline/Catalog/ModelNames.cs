namespace Loadline.Catalog;

/// <summary>A catalogued model found by a name that is not its id.</summary>
/// <param name="Id">The model.</param>
/// <param name="Rule">How the name led to it; null when it is the id in other letters.</param>
/// <param name="Weights">
/// Recipe of the weights when the name is that of another format of the model; null when they are as catalogued.
/// </param>
internal readonly record struct NamedModel(string Id, string? Rule, string? Weights = null);

/// <summary>Finds the catalogued model that a name other than an id stands for.</summary>
internal static class ModelNames
{
    /// <summary>Endings that mark a tuning or packaging of one architecture.</summary>
    private static readonly string[] Variants = ["-instruct", "-thinking", "-chat", "-base", "-hf", "-it", "-pt"];

    /// <summary>Organisations that have published the same models under more than one name.</summary>
    private static readonly Dictionary<string, string> Renamed = new(StringComparer.OrdinalIgnoreCase)
    {
        ["zhipuai"] = "zai-org",
        ["THUDM"] = "zai-org",
        ["MiniMax"] = "MiniMaxAI",
        ["meta"] = "meta-llama",
        ["facebookresearch"] = "facebook",
    };

    public static NamedModel? Find(string name, NameIndex names)
    {
        if (name.Length == 0)
            return null;
        if (names.Exact(name) is { } exact)
            return new(exact, Same(exact, name) ? null : $"{name} is another name of {exact}");
        if (Renamed.TryGetValue(OrganisationOf(name), out var organisation))
            return Find($"{organisation}/{WithoutOrganisation(name)}", names);

        var bare = !name.Contains('/', StringComparison.Ordinal);
        var sameName = IdsWhere(names, known => bare && Same(WithoutOrganisation(known), name));
        if (Only(name, sameName) is { } unorganised)
            return new(unorganised, $"{name} is taken to be {unorganised}");
        if (OtherFormat(name, names, stem => stem) is { } copy)
            return copy;
        if (Only(name, names.StartingWith(name)) is { } longer)
            return new(longer, $"{name} is taken to be {longer}");

        var core = CoreOf(name);
        var siblings = IdsWhere(names, known => CoreOf(bare ? WithoutOrganisation(known) : known) == core);
        if (Only(name, PlainestOf(siblings)) is { } sibling)
            return new(sibling, $"{name} is taken to share the architecture of {sibling}");
        return OtherFormat(name, names, CoreOf);
    }

    /// <summary>
    /// The model of which this is a quantized copy, by whomever, or a quantized copy of this one. Formats change the
    /// weights and nothing else, so any of them gives the architecture; a plain one is preferred.
    /// </summary>
    private static NamedModel? OtherFormat(string name, NameIndex names, Func<string, string> reduce)
    {
        var (stem, recipe) = QuantizedNames.Split(WithoutOrganisation(name));
        var wanted = reduce(stem);
        var found = names
            .Names.Select(pair => (pair.Value, Known: QuantizedNames.Split(WithoutOrganisation(pair.Key))))
            .Where(pair => reduce(pair.Known.Stem) == wanted && (recipe ?? pair.Known.Recipe) is not null)
            .OrderBy(pair => pair.Known.Recipe is not (null or "bf16"))
            .ThenBy(pair => pair.Known.Stem == stem ? 0 : 1)
            .ThenBy(pair => pair.Value.Length)
            .ThenBy(pair => pair.Value, StringComparer.OrdinalIgnoreCase)
            .Select(pair => pair.Value)
            .FirstOrDefault();
        if (found is null)
            return null;
        var weights = recipe ?? "bf16";
        return new(found, $"{name} is taken to be {found} with {weights} weights", weights);
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
