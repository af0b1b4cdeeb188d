using Loadline.Catalog;

namespace Loadline.Planning;

/// <summary>Reads what a model should do better and what there is to work with.</summary>
internal static class AdaptationReader
{
    private const long MostExamples = 10_000_000_000;

    public static AdaptationWish? Read(ScenarioNode? node, Workload workload, CatalogReader catalog)
    {
        if (node is null)
            return null;
        var wish = new AdaptationWish
        {
            Need = ReadNeed(node),
            Prompt = ReadPrompt(node, workload),
            FellShort = [.. (node.Texts("fellShort") ?? []).Select(name => Method(node, name, catalog))],
            Examples = node.WholeNumber("examples", 0, MostExamples),
            PreferencePairs = node.WholeNumber("preferencePairs", 0, MostExamples),
            VerifiableReward = node.Flag("verifiableReward") ?? false,
            ChangesPerMonth = node.Number("changesPerMonth", 0, 1e6) ?? 0,
            RetrainingsPerYear = node.Number("retrainingsPerYear", 0, 1e4) ?? AdaptationWish.UsualRetrainings,
            Adapters = (int)(node.WholeNumber("adapters", 1, 100_000) ?? 1),
            TokensPerExample = node.WholeNumber("tokensPerExample", 1, 10_000_000),
            Epochs = node.Number("epochs", 0.01, 1000) ?? AdaptationWish.UsualEpochs,
            SmallerModel = node.Text("smallerModel"),
            Hardware = node.Text("hardware"),
            LabourDays = node.Range("labourDays", "days", 0, 1e5),
            LabourPerDayUsd = node.Range("labourPerDay", "USD", 0, 1e6),
            CostPerExampleUsd = node.Range("costPerExample", "USD", 0, 1e6),
        };
        node.RefuseUnknownFields();
        return wish;
    }

    private static AdaptationNeed ReadNeed(ScenarioNode node)
    {
        var text = node.Text("need");
        if (text is null)
            throw node.Missing("need", NeedNames.Expected);
        return NeedNames.Read(text) ?? throw node.Wrong("need", NeedNames.Expected);
    }

    /// <summary>What is given as part of the mean prompt; static text that is not told apart is the system prompt.</summary>
    private static PromptParts ReadPrompt(ScenarioNode node, Workload workload)
    {
        var mean = workload.PromptTokens.Mean;
        double? Part(string name) => node.Number(name, 0, mean);
        var fewShot = Part("fewShotTokens") ?? 0;
        var system = Part("systemTokens") ?? Math.Max(0, workload.SharedPrefixTokens - fewShot);
        var parts = new PromptParts(system, fewShot, Part("retrievedTokens") ?? 0, Part("historyTokens") ?? 0, 0);
        return parts.Total <= mean
            ? parts with
            {
                User = mean - parts.Total,
            }
            : throw node.Wrong("systemTokens", $"parts that sum to the mean prompt of {mean:0} tokens at most");
    }

    private static string Method(ScenarioNode node, string name, CatalogReader catalog) =>
        catalog.Adaptation.Get(name)?.Id
        ?? throw node.Wrong("fellShort", $"methods such as {string.Join(", ", catalog.Adaptation.Ids)}");
}

/// <summary>Needs as scenarios and flags spell them.</summary>
public static class NeedNames
{
    internal const string Expected = "format, style, knowledge, reasoning or cost";

    public static string Of(AdaptationNeed need) => need.ToString().ToLowerInvariant();

    public static AdaptationNeed? Read(string text)
    {
        foreach (var need in Enum.GetValues<AdaptationNeed>())
        {
            if (Of(need).Equals(text, StringComparison.Ordinal))
                return need;
        }
        return null;
    }
}
