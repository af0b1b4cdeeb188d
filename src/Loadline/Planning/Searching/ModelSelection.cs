using System.Collections.Immutable;
using System.Globalization;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>
/// Chooses the models: those the scenario names, or those of the task; by published scores where it asks for some; by
/// licence; by the length of what they read.
/// </summary>
internal sealed class ModelSelection(CatalogReader catalog, Func<string, Model> models, Search search)
{
    /// <summary>Models added because they reach what is asked, the smallest first: more would not be cheaper.</summary>
    private const int MostAdded = 8;

    private readonly CapabilityLookup capability = new(catalog);

    /// <summary>Licences that forbid earning money with a model (general knowledge of the texts; the entry names its source).</summary>
    private static readonly string[] NonCommercial = ["non-commercial", "noncommercial", "cc-by-nc"];

    private static readonly string[] Permissive = ["Apache-2.0", "MIT"];

    /// <summary>Monthly users beyond which Meta wants to be asked (general knowledge of the Llama licences).</summary>
    private const long MostLlamaUsers = 700_000_000;

    public ImmutableArray<ModelOption> Choose()
    {
        var scenario = search.Scenario;
        var options = new List<ModelOption>();
        foreach (var name in Names())
        {
            // A hosted model that is closed has no architecture to predict.
            if (catalog.Apis.Get(name) is { OpenModel: null } closed)
            {
                if (Option(closed.Id, null) is { } hosted)
                    options.Add(hosted);
                continue;
            }
            var model = models(name);
            if (TooLong(model, scenario.Workload) is { } tooLong)
                search.Reject(model.Id, RejectionKind.Context, tooLong);
            else if (Option(model.Id, model) is { } option)
            {
                search.Assumptions.AddRange(model.Assumptions);
                options.Add(option);
            }
        }
        return [.. options.DistinctBy(option => option.Id)];
    }

    private IEnumerable<string> Names()
    {
        var choice = search.Scenario.Models;
        foreach (var name in choice.Candidates)
            yield return name;
        if (choice.AreNamed || choice.MinimumCapability.IsEmpty)
            yield break;
        var reaching = catalog
            .Models.Ids.Where(id =>
                !choice.Candidates.Contains(id, StringComparer.Ordinal)
                && Judge(id).Grade is CapabilityGrade.Meets or CapabilityGrade.Equal
            )
            .Select(id => (Id: id, Size: models(id).Architecture.Tensors.ActiveParameters))
            .OrderBy(pair => pair.Size)
            .ThenBy(pair => pair.Id, StringComparer.Ordinal)
            .Take(MostAdded)
            .ToList();
        if (reaching.Count > 0)
            search.Assumptions.Add(
                $"Added for their published scores: {string.Join(", ", reaching.Select(pair => pair.Id))}."
            );
        foreach (var (id, _) in reaching)
            yield return id;
    }

    private ModelOption? Option(string id, Model? model)
    {
        var scenario = search.Scenario;
        CapabilityVerdict? verdict = null;
        if (!scenario.Models.MinimumCapability.IsEmpty)
        {
            verdict = Judge(id);
            if (verdict.Grade == CapabilityGrade.Below)
            {
                search.Reject(id, RejectionKind.Capability, verdict.Why);
                return null;
            }
        }
        var conditions = new List<string>();
        if (verdict?.Grade == CapabilityGrade.Unknown)
            conditions.Add($"Capability unknown: {verdict.Why}");
        if (model is not null && scenario.Models.IsCommercial)
        {
            var licence = LicenceOf(id);
            if (
                licence is not null
                && NonCommercial.Any(word => licence.Contains(word, StringComparison.OrdinalIgnoreCase))
            )
            {
                search.Reject(
                    id,
                    RejectionKind.Licence,
                    $"its licence ({licence}) does not allow commercial use (models.commercialUse: false plans for research)"
                );
                return null;
            }
            if (licence is null)
                conditions.Add($"The licence of {id} is not known: ask before it is used (legal)");
            else if (!Permissive.Contains(licence, StringComparer.OrdinalIgnoreCase))
                conditions.Add(
                    $"The licence of {id}, {licence}, has terms of its own: read them before it is used (legal)"
                );
            if (
                licence?.StartsWith("Llama", StringComparison.OrdinalIgnoreCase) == true
                && scenario.Streams.Sum(stream => stream.People ?? 0) > MostLlamaUsers
            )
            {
                search.Reject(id, RejectionKind.Licence, $"{licence} ends at {MostLlamaUsers:N0} users a month");
                return null;
            }
        }
        return new ModelOption(id, model, verdict, [.. conditions]);
    }

    /// <summary>Null where it is not known, as of a model that is no catalogued one.</summary>
    private string? LicenceOf(string id)
    {
        try
        {
            return catalog.Models.Find(id).Model.Licence;
        }
        catch (UnknownNameException)
        {
            return null;
        }
    }

    private CapabilityVerdict Judge(string id)
    {
        try
        {
            return capability.Judge(id, search.Scenario.Models.MinimumCapability, search.Scenario.Models.Variant);
        }
        catch (UnknownNameException exception)
        {
            throw new BadContentException(search.Scenario.Name, "$.models.minimumCapability", exception.Message, "");
        }
    }

    /// <summary>Why a model cannot read its requests at all: a long prompt with a usual answer, or the other way.</summary>
    private static string? TooLong(Model model, Workload workload)
    {
        var longest = Math.Max(
            workload.PromptTokens.P95 + workload.OutputTokens.Mean,
            workload.PromptTokens.Mean + workload.OutputTokens.P95
        );
        return model.Architecture.MaximumContext is { } most && longest > most
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"a p95 request has {longest:N0} tokens, and the model was made for {most:N0}"
            )
            : null;
    }
}
