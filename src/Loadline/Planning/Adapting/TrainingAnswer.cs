using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Answers for one method on one machine, without a scenario.</summary>
public sealed class TrainingQuestions(CatalogReader catalog)
{
    private readonly TrainingPrices prices = new(catalog);

    /// <exception cref="BadContentException">The job contradicts itself or the model cannot be trained so.</exception>
    public AdaptationAnswer Ask(TrainingJob job)
    {
        var norms = catalog.Adaptation.Find(job.Method);
        var outlook = new TrainingForecast(catalog).Of(job);
        var price = prices.Of(job.Hardware);
        var cost =
            price is not null && outlook.Hours is { } hours
                ? AdaptationLadder.Times(price.PerHourUsd, hours)
                : (Estimate?)null;
        var option = new AdaptationOption
        {
            Method = job.Method,
            Name = norms.Name,
            Step = norms.Step,
            Feasible = outlook.Fits,
            Why =
                outlook.Reason
                ?? (
                    cost is null
                        ? $"it fits; nobody in the catalog rents out {job.Hardware}, so the run has no price"
                        : "it fits"
                ),
            Hardware = job.Hardware.ToString(),
            PerDevice = outlook.PerDevice,
            Hours = outlook.Hours,
            CostUsd = cost,
            TrainableParameters = outlook.Trainable,
            AdapterBytes = job.Learns is "lora" or "qlora" or "dora" ? outlook.Trainable * BytesPerAdapterWeight : null,
            Quality = norms.Quality,
            Risks = norms.Risks,
            Needs = NeedsOf(job, norms),
        };
        return new AdaptationAnswer
        {
            Name = $"{job.Method} of {job.Model.Id}",
            Model = job.Model.Id,
            Verdict = VerdictOf(job, outlook, cost),
            Options = [option],
            Recommended = outlook.Fits ? job.Method : null,
            BreakEven = null,
            BreakEvenText = "it depends on the load: ask with a scenario that has a section adaptation",
            Assumptions =
            [
                .. job.Model.Assumptions,
                .. outlook.Assumptions,
                .. price is null
                    ? (string[])[]
                    :
                    [
                        $"{job.Hardware}: {Figures.Of(price.PerHourUsd)} USD an hour on demand, median of {price.Offers} offers from the cheapest to the dearest; the cheapest is {price.Cheapest.Id}, {price.Cheapest.AsOf}.",
                    ],
                "Labour and examples are not in the cost of the run: a scenario adds them.",
            ],
            Run = outlook.Run is { } run ? run with { Provider = price?.Cheapest.Provider } : null,
        };
    }

    /// <summary>Engines keep adapters in 16 bits.</summary>
    private const int BytesPerAdapterWeight = 2;

    private static System.Collections.Immutable.ImmutableArray<string> NeedsOf(TrainingJob job, AdaptationNorms norms)
    {
        var needs = new List<string>();
        if (norms.ExamplesLeast is { } least)
            needs.Add(
                job.Steps is null && job.Examples < least
                    ? $"more examples: {Figures.Exact(job.Examples)} are fewer than the {Figures.Exact(least)} from which it is worth a try"
                    : $"{Figures.Exact(least)} examples at least, {Figures.Exact(norms.ExamplesUsual ?? least)} usually"
            );
        if (norms.VerifiableReward && job.Method != "ppo")
            needs.Add("a program that tells right answers from wrong ones, and a model that is right now and then");
        return [.. needs];
    }

    private static string VerdictOf(TrainingJob job, TrainingOutlook outlook, Estimate? cost)
    {
        if (!outlook.Fits)
            return $"No: {outlook.Reason}.";
        var device = outlook.PerDevice[0];
        return $"Yes: {job.Method} of {job.Model.Id} fits on {job.Hardware}, {Figures.GiB((long)device.PeakBytes.Value)} of {Figures.GiB(device.CapacityBytes)} GiB on each device, and takes {Significant.Three(outlook.Hours!.Value.Value)} hours"
            + (cost is { } usd ? $" for {Significant.Three(usd.Value)} USD." : ".");
    }
}
