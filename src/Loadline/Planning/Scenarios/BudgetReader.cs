using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Reads what money there is and what things cost where the user knows better.</summary>
internal static class BudgetReader
{
    private const int UsualMonths = 36;
    private const double MostPrice = 1e9;

    public static Budget Read(ScenarioNode? node, ReadingNotes notes)
    {
        if (node is null)
        {
            notes.Assume($"Horizon: {UsualMonths} months, as none is given.");
            return new Budget();
        }
        var horizon = node.Months("horizon", 1, 240);
        if (horizon is null)
            notes.Assume($"Horizon: {UsualMonths} months, as none is given.");
        var (fte, perYear) = ReadOperators(node);
        var budget = new Budget
        {
            HorizonMonths = horizon ?? UsualMonths,
            MaximumMonthly = node.Money("maximumMonthly"),
            MaximumCapital = node.Money("maximumCapital", mayBeZero: true),
            ElectricityPerKilowattHour = node.Range("electricity", "USD/kWh", 0, 100),
            PowerUsageEffectiveness = node.Number("powerUsageEffectiveness", 1, 10),
            ColocationPerKilowattMonth = node.Amount("colocation", "USD/kW/month", 0, MostPrice),
            OperatorFte = fte,
            OperatorCostPerYear = perYear,
            CapitalCostPerYear = node.Share("capitalCost", mayBeZero: true) ?? 0,
            DepreciationYears = node.Amount("depreciation", "years", 0.5, 30),
            MaintenancePerYear = node.Share("maintenance", mayBeZero: true),
            ServerPrice = node.Amount("server", "USD", 0, MostPrice),
            PriceTrendPerYear = node.Range("priceTrendPerYear", "times", 0.01, 100) ?? Budget.UsualPriceTrend,
            Quotes =
            [
                .. node.Items(
                        "quotes",
                        "quotes such as { provider: p, accelerator: h100-sxm, count: 8, perHour: 18 USD }"
                    )
                    .Select(quote => ReadQuote(quote, notes)),
            ],
        };
        node.RefuseUnknownFields();
        return budget;
    }

    private static (double? Fte, double? PerYear) ReadOperators(ScenarioNode parent)
    {
        if (parent.Section("operators", "{ fte: 0.2, costPerYear: 120000 USD }") is not { } node)
            return (null, null);
        var read = (node.Number("fte", 0, 1e6), node.Amount("costPerYear", "USD", 0, 1e8));
        node.RefuseUnknownFields();
        return read;
    }

    /// <summary>A price of a hosted model that nobody lists, or of another seller, would be left aside without a word.</summary>
    private static void RefuseUnknownApi(ScenarioNode node, Quote quote, CatalogReader catalog)
    {
        if (catalog.Apis.Get(quote.Api!) is not { } known)
            throw node.Wrong("api", "the id of a hosted model (loadline catalog list apis)");
        if (known.Provider != quote.Provider)
            throw node.Wrong("provider", $"{known.Provider}, who hosts {known.Id}");
    }

    private static Quote ReadQuote(ScenarioNode node, ReadingNotes notes)
    {
        var accelerator = node.Text("accelerator");
        string? id = null;
        if (accelerator is not null)
        {
            try
            {
                id = notes.Catalog.Accelerators.Find(accelerator).Id;
            }
            catch (UnknownNameException exception)
            {
                throw node.Wrong("accelerator", exception.Message);
            }
        }
        var api = node.Text("api");
        var quote = new Quote
        {
            Provider = node.Text("provider") ?? throw node.Missing("provider", "who offered it"),
            Accelerator = id,
            Count = (int)(node.WholeNumber("count", 1, 4096) ?? 1),
            PerHour = node.Money("perHour"),
            Price = node.Money("price"),
            Terms = node.Text("terms") is { } terms
                ? DeploymentReader.TermsOf(terms) ?? throw node.Wrong("terms", DeploymentReader.NamesOfTerms)
                : RentalTerms.OnDemand,
            Region = node.Text("region"),
            Jurisdiction = node.Text("jurisdiction"),
            Api = api,
            PromptPerMillionTokens = node.Money("promptPerMillionTokens"),
            CachedPromptPerMillionTokens = node.Money("cachedPromptPerMillionTokens"),
            OutputPerMillionTokens = node.Money("outputPerMillionTokens"),
            AsOf = node.Text("asOf") ?? "the quote",
        };
        node.RefuseUnknownFields();
        if (api is null == (id is null))
            throw node.Wrong(
                "accelerator",
                "an accelerator with a price, or an api with its prices per million tokens"
            );
        if (api is not null)
            RefuseUnknownApi(node, quote, notes.Catalog);
        if (id is not null && (quote.PerHour is null) == (quote.Price is null))
            throw node.Wrong("perHour", "perHour for a rented machine or price for a bought one");
        if (api is not null && (quote.PromptPerMillionTokens is null || quote.OutputPerMillionTokens is null))
            throw node.Missing("promptPerMillionTokens", "both prices, with outputPerMillionTokens");
        return quote;
    }
}
