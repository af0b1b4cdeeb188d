using System.Collections.Immutable;
using Loadline.Catalog;

namespace Loadline.Planning;

/// <summary>Reads where it may run and how it is paid for.</summary>
internal static class DeploymentReader
{
    private static readonly string[] Ways = ["api", "rent", "buy"];

    private static readonly (string Name, RentalTerms Terms)[] Terms =
    [
        ("on-demand", RentalTerms.OnDemand),
        ("spot", RentalTerms.Spot),
        ("1-year", RentalTerms.OneYear),
        ("3-years", RentalTerms.ThreeYears),
    ];

    public static RentalTerms? TermsOf(string text) =>
        Terms.Where(pair => pair.Name == text).Select(pair => (RentalTerms?)pair.Terms).FirstOrDefault();

    public static string NamesOfTerms => string.Join(", ", Terms.Select(pair => pair.Name));

    public static DeploymentRules Read(ScenarioNode? node, ReadingNotes notes)
    {
        var allow = node?.Texts("allow");
        if (allow is { Count: 0 } || allow?.Any(way => !Ways.Contains(way)) == true)
            throw node!.Wrong("allow", "one or more of api, rent, buy");
        if (allow is null)
            notes.Assume("No way of deploying is named: hosted APIs, rent and purchase are compared.");
        var data = ReadData(node, notes);
        var rules = new DeploymentRules
        {
            Allow = [.. allow ?? Ways],
            Data = data,
            Regions = ReadRegions(node, notes),
            Contracts = ReadProviders(node, "contracts", notes),
            Engines = ReadNames(node, "engines", name => EngineOf(name, notes).Id, keep: true),
            Accelerators = ReadNames(node, "accelerators", name => notes.Catalog.Accelerators.Find(name).Id),
            MaximumKilowatts = node?.Amount("maximumPower", "kW", 0.01, 1e9),
            PlanAheadMonths = node?.Months("planAhead", 0, 120) ?? 0,
            Current = ReadCurrent(node, notes),
            ApiLatencies =
            [
                .. (
                    node?.Items("apiLatencies", "measurements such as { api: openai/gpt-5.6-luna, ttft: 0.6 s }") ?? []
                ).Select(item => ReadLatency(item, notes)),
            ],
        };
        if (node?.Texts("terms") is { } terms)
        {
            if (terms.Count == 0)
                throw node.Wrong("terms", $"one or more of {NamesOfTerms}");
            rules = rules with
            {
                Terms =
                [
                    .. terms.Select(text =>
                        TermsOf(text) ?? throw node.Wrong("terms", $"one or more of {NamesOfTerms}")
                    ),
                ],
            };
        }
        if (node?.Has("planAhead") != true)
            notes.Assume(
                "The plan is sized for the load of today; the roadmap says when it is outgrown (deployment.planAhead sizes it for later)."
            );
        node?.RefuseUnknownFields();
        return rules;
    }

    /// <summary>An engine with or without version; which rules a version is planned with is said.</summary>
    private static Engine EngineOf(string name, ReadingNotes notes)
    {
        var parts = name.Split('@', 2);
        var engine = notes.Catalog.Engines.Find(parts[0]);
        if (parts.Length > 1)
            notes.Assume($"{name} is planned with the rules of {engine.Name} since {engine.RulesFor(parts[1]).Since}.");
        return engine;
    }

    private static DataClass? ReadData(ScenarioNode? node, ReadingNotes notes)
    {
        if (node?.Text("data") is not { } name)
        {
            notes.Assume("No class of data is named: any provider in any country may hold it.");
            notes.Ask("What class of data is it, and where may it be? (whoever answers for data protection)");
            return null;
        }
        return notes.Catalog.DataClasses.Get(name)
            ?? throw node.Wrong("data", $"one of {string.Join(", ", notes.Catalog.DataClasses.Ids)}");
    }

    /// <summary>Names of regions or of jurisdictions that some machine on offer is in.</summary>
    private static ImmutableArray<string> ReadRegions(ScenarioNode? node, ReadingNotes notes)
    {
        if (node?.Texts("regions") is not { } regions)
            return [];
        if (regions.Count == 0)
            throw node.Wrong("regions", "at least one region or jurisdiction, such as EU");
        var jurisdictions = notes
            .Catalog.Regions.All.Select(region => region.Jurisdiction)
            .Distinct()
            .Order(StringComparer.Ordinal);
        var names = notes
            .Catalog.Offers.All.Select(offer => offer.Region)
            .OfType<string>()
            .Concat(notes.Catalog.Regions.All.Select(region => region.Name))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var known = jurisdictions.ToList();
        foreach (var region in regions)
        {
            if (!names.Contains(region) && !known.Contains(region, StringComparer.OrdinalIgnoreCase))
                throw node.Wrong(
                    "regions",
                    $"jurisdictions ({string.Join(", ", known)}) or names of regions as providers write them, such as {string.Join(", ", names.Order(StringComparer.Ordinal).Take(6))}"
                );
        }
        return [.. regions];
    }

    private static ImmutableArray<string> ReadProviders(ScenarioNode? node, string field, ReadingNotes notes)
    {
        var known = notes
            .Catalog.Offers.All.Select(offer => offer.Provider)
            .Concat(notes.Catalog.Apis.All.Select(api => api.Provider))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToList();
        var named = node?.Texts(field) ?? [];
        foreach (var provider in named)
        {
            if (!known.Contains(provider, StringComparer.Ordinal))
                throw node!.Wrong(field, $"providers such as {string.Join(", ", known)}");
        }
        return [.. named];
    }

    private static ImmutableArray<string> ReadNames(
        ScenarioNode? node,
        string field,
        Func<string, string> idOf,
        bool keep = false
    )
    {
        var ids = new List<string>();
        var texts = node?.Texts(field);
        if (texts is { Count: 0 })
            throw node!.Wrong(field, $"at least one of the {field}, or no such field");
        foreach (var name in texts ?? [])
        {
            try
            {
                var id = idOf(name);
                ids.Add(keep ? name : id);
            }
            catch (Exception exception) when (exception is UnknownNameException or BadContentException)
            {
                throw node!.Wrong(field, exception.Message);
            }
        }
        return [.. ids];
    }

    private static CurrentDeployment? ReadCurrent(ScenarioNode? parent, ReadingNotes notes)
    {
        if (parent?.Section("current", "hardware and engine, such as { hardware: 2x rtx-4090 }") is not { } node)
            return null;
        var hardware = node.Text("hardware") ?? throw node.Missing("hardware", "machines such as 2x rtx-4090");
        var machines = node.WholeNumber("machines", 1, 1_000_000) ?? 1;
        HardwareSpec spec;
        try
        {
            spec = HardwareSpec.Parse(hardware, notes.Catalog);
        }
        catch (Exception exception) when (exception is UnknownNameException or BadContentException)
        {
            throw node.Wrong("hardware", exception.Message);
        }
        if (!spec.Unequal.IsEmpty)
            throw node.Wrong("hardware", "accelerators of one kind");
        var engine = node.Text("engine");
        try
        {
            if (engine is not null)
                _ = EngineOf(engine, notes);
        }
        catch (Exception exception) when (exception is UnknownNameException or BadContentException)
        {
            throw node.Wrong("engine", exception.Message);
        }
        // More than a machine holds are several machines.
        var most = Math.Max(1, spec.Accelerator.Link?.DevicesPerNode ?? 8);
        var count = spec.Count;
        if (count > most)
        {
            if (count % most != 0)
                throw node.Wrong("hardware", $"whole machines of {most}, or machines: N beside what one of them holds");
            machines *= count / most;
            count = most;
        }
        var current = new CurrentDeployment(
            spec.Accelerator,
            count,
            (int)machines,
            engine,
            node.Text("model"),
            node.Text("weightFormat")
        );
        node.RefuseUnknownFields();
        if (current.Model is not null || current.WeightFormat is not null)
            notes.Assume(
                "What the machines of today serve (deployment.current.model, weightFormat) is for the record: the plan is free to change it."
            );
        return current;
    }

    private static ApiLatency ReadLatency(ScenarioNode node, ReadingNotes notes)
    {
        var latency = new ApiLatency(
            node.Text("api") ?? throw node.Missing("api", "the id of a hosted model"),
            node.Duration("ttft"),
            node.Duration("tpot"),
            node.Duration("endToEnd")
        );
        node.RefuseUnknownFields();
        if (notes.Catalog.Apis.Get(latency.Api) is null)
            throw node.Wrong("api", "the id of a hosted model (loadline catalog list apis)");
        if (latency is { Ttft: null, Tpot: null, EndToEnd: null })
            throw node.Missing("ttft", "at least one of ttft, tpot and endToEnd");
        return latency;
    }
}
