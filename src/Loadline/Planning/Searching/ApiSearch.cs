using System.Globalization;
using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Hosted models that a scenario may use, with their price.</summary>
internal sealed class ApiSearch(CatalogReader catalog, Search search, PlanCosts costs)
{
    public void Try(IEnumerable<ModelOption> options)
    {
        var rules = search.Scenario.Deployment;
        if (!rules.Allow.Contains("api"))
            return;
        var quotes = search.Scenario.Budget.Quotes.Where(quote => quote.Api is not null).ToList();
        var refused = new SortedDictionary<(string Provider, string Why), int>();
        foreach (var option in options)
        {
            foreach (var listed in catalog.Apis.All)
            {
                if (!Serves(listed, option))
                    continue;
                search.Considered++;
                if (WhyNot(listed) is { } why)
                {
                    refused[(listed.Provider, why)] = refused.GetValueOrDefault((listed.Provider, why)) + 1;
                    continue;
                }
                var api = quotes.Find(quote => quote.Api == listed.Id) is { } quote ? Quoted(listed, quote) : listed;
                if (TooLong(api) is { } tooLong)
                {
                    search.Reject(api.Id, RejectionKind.Context, tooLong);
                    continue;
                }
                var latency = rules.ApiLatencies.FirstOrDefault(measured => measured.Api == api.Id);
                if (latency is not null && Misses(latency) is { } miss)
                {
                    search.Reject(
                        api.Id,
                        RejectionKind.Objective,
                        $"{miss.What} is {miss.Found} as measured, {miss.Limit} is asked"
                    );
                    continue;
                }
                search.Add(costs.PlanOf(option, api, latency));
            }
        }
        foreach (var ((provider, why), count) in refused)
            search.Reject($"{provider} ({count} hosted {(count == 1 ? "model" : "models")})", RejectionKind.Data, why);
        foreach (var latency in rules.ApiLatencies)
        {
            if (catalog.Apis.Get(latency.Api) is null)
                throw new BadContentException(
                    search.Scenario.Name,
                    "$.deployment.apiLatencies",
                    latency.Api,
                    "the id of a hosted model (loadline catalog list apis)"
                );
        }
    }

    private static bool Serves(ApiOffer api, ModelOption option) =>
        option.Model is null
            ? api.Id == option.Id
            : api.OpenModel is { } open && open.Equals(option.Id, StringComparison.OrdinalIgnoreCase);

    private string? WhyNot(ApiOffer api)
    {
        var rules = search.Scenario.Deployment;
        if (
            DataRules.WhyNot(
                rules.Data,
                Way.Api,
                api.Provider,
                api.Jurisdiction,
                $"the seat of {api.Provider}",
                rules.Contracts
            ) is
            { } why
        )
            return why;
        return
            rules.Regions.IsEmpty
            || rules.Contracts.Contains(api.Provider)
            || rules.Regions.Contains(api.Jurisdiction ?? "", StringComparer.OrdinalIgnoreCase)
            ? null
            : $"where {api.Provider} computes is not known to be {string.Join(" or ", rules.Regions)}";
    }

    private string? TooLong(ApiOffer api)
    {
        var workload = search.Scenario.Workload;
        var longest = workload.PromptTokens.P95 + workload.OutputTokens.Mean;
        return api.ContextTokens is { } most && longest > most
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"a p95 request has {longest:N0} tokens, and it takes {most:N0}"
            )
            : null;
    }

    private ObjectiveMiss? Misses(ApiLatency latency)
    {
        var objectives = search.Scenario.Objectives;
        return Beyond("time to first token", objectives.Ttft, latency.Ttft)
            ?? Beyond("time per output token", objectives.Tpot, latency.Tpot)
            ?? Beyond("end-to-end time", objectives.EndToEnd, latency.EndToEnd);

        static ObjectiveMiss? Beyond(string what, LatencyObjective? objective, Duration? measured) =>
            objective is { } asked && measured is { } found && found > asked.Limit
                ? new ObjectiveMiss($"{what} {asked.Percentile}", found, asked.Limit)
                : null;
    }

    private static ApiOffer Quoted(ApiOffer api, Quote quote) =>
        api with
        {
            PromptPerMillionTokens = quote.PromptPerMillionTokens!.Value,
            CachedPromptPerMillionTokens = quote.CachedPromptPerMillionTokens,
            OutputPerMillionTokens = quote.OutputPerMillionTokens!.Value,
            Tiers = [],
            AsOf = quote.AsOf,
            Source = "a quote in the scenario",
        };
}
