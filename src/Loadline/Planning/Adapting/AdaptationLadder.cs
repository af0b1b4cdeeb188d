using System.Collections.Immutable;
using System.Globalization;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Every step of adapting a model under a scenario: what it takes, costs and needs, and whether it is possible.</summary>
internal sealed class AdaptationLadder(
    CatalogReader catalog,
    Func<string, Model> models,
    Scenario scenario,
    AdaptationWish wish
)
{
    /// <summary>The ladder of a scenario; variants of a step, such as QLoRA, are asked about by themselves.</summary>
    private static readonly ImmutableArray<string> Steps =
    [
        "prompt",
        "prompt-cache",
        "few-shot",
        "rag",
        "lora",
        "dpo",
        "grpo",
        "full",
    ];

    /// <summary>Machines for a run where the scenario names none, smallest first.</summary>
    private static readonly ImmutableArray<string> UsualHardware =
    [
        "nvidia-rtx-4090-24gb",
        "nvidia-l40s-48gb",
        "nvidia-h100-sxm-80gb",
        "8x:nvidia-h100-sxm-80gb",
        "16x:nvidia-h100-sxm-80gb",
        "32x:nvidia-h100-sxm-80gb",
    ];

    /// <summary>
    /// Instructions that are still sent once their examples are in the weights: the persona and what changes. A norm of ours;
    /// the range is what the break-even is most sensitive to.
    /// </summary>
    private const double KeptSystem = 0.25;

    /// <summary>Passages that retrieval adds where the scenario does not say: four of 500 tokens. A norm of ours.</summary>
    private const double UsualRetrieved = 2000;

    private readonly AdaptationServing serving = new(catalog, models, scenario);
    private readonly AdaptationMoney money = new(catalog, scenario, wish);
    private readonly TrainingForecast forecast = new(catalog);
    private readonly TrainingPrices prices = new(catalog);

    public List<string> Assumptions { get; } = [];

    /// <summary>Runs that were worked out, by method.</summary>
    public Dictionary<string, TrainingRun> Runs { get; } = [];

    /// <summary>What serves the prompt with its static part cached; null where nothing does.</summary>
    public ServingCost? Cached => serving.Of(wish.Prompt, wish.Prompt.Static, onMachines: false);

    public ImmutableArray<AdaptationOption> Options()
    {
        var options = ImmutableArray.CreateBuilder<AdaptationOption>();
        foreach (var id in Steps)
            options.Add(OptionOf(catalog.Adaptation.Find(id)));
        return options.ToImmutable();
    }

    private AdaptationOption OptionOf(AdaptationNorms norms)
    {
        var option = new AdaptationOption
        {
            Method = norms.Id,
            Name = norms.Name,
            Step = norms.Step,
            Feasible = true,
            Why = "",
            Quality = norms.Quality,
            Risks = norms.Risks,
        };
        if (Unsuited(norms) is { } unsuited)
            return option with { Feasible = false, Why = unsuited };
        var isTrained = IsTrained(norms);
        var prompt = PromptOf(norms);
        var shared = norms.Id == "prompt" ? 0 : prompt.Static;
        var model = isTrained ? ModelOf() : null;
        if (serving.Of(prompt, shared, isTrained, model) is not { } cost)
            return option with { Feasible = false, Why = NoServing(isTrained) };
        var examples = money.ExamplesFor(norms);
        option = option with
        {
            Serving = ServingText(cost.Candidate),
            ServingCostPerMonthUsd = cost.PerMonthUsd,
            MarginalCostPerRequestUsd = cost.MarginalUsd,
            LabourUsd = money.Labour(norms),
            DataUsd = examples.MissingUsd,
            CostUsd = Estimate.Exact(0),
            Needs = NeedsOf(norms, examples),
        };
        if (isTrained)
            option = Trained(option, norms, cost.Candidate.Model, examples);
        return money.Summed(option, isTrained);
    }

    private AdaptationOption Trained(
        AdaptationOption option,
        AdaptationNorms norms,
        string model,
        ExamplesPlan examples
    )
    {
        var (hardware, outlook) = Cheapest(norms, models(model), examples);
        option = option with
        {
            Hardware = hardware.ToString(),
            PerDevice = outlook.PerDevice,
            Hours = outlook.Hours,
            TrainableParameters = outlook.Trainable,
            CostUsd = null,
        };
        if (!outlook.Fits)
            return option with { Feasible = false, Why = outlook.Reason! };
        if (outlook.Run is { } run)
            Runs[norms.Id] = run;
        Assumptions.AddRange(outlook.Assumptions);
        if (prices.Of(hardware) is { } price && outlook.Hours is { } hours)
            option = option with { CostUsd = Times(price.PerHourUsd, hours) };
        else
            option = option with { Why = $"nobody in the catalog rents out {hardware}, so its run has no price" };
        if (norms.Id is "lora" or "dpo" or "grpo" && outlook.Trainable is { } trainable)
            option = option with { AdapterBytes = trainable * BytesPerAdapterWeight * wish.Adapters };
        return option;
    }

    /// <summary>Engines keep adapters in 16 bits.</summary>
    private const int BytesPerAdapterWeight = 2;

    /// <summary>The machine on which the run costs least, of those on which it fits; the last tried where none is.</summary>
    private (HardwareSpec Hardware, TrainingOutlook Outlook) Cheapest(
        AdaptationNorms norms,
        Model model,
        ExamplesPlan examples
    )
    {
        (HardwareSpec, TrainingOutlook)? best = null;
        (HardwareSpec, TrainingOutlook) last = default;
        var least = (IsUnsure: true, Usd: double.PositiveInfinity);
        ImmutableArray<string> tried = wish.Hardware is { } named ? [named] : UsualHardware;
        foreach (var word in tried)
        {
            var hardware = HardwareSpec.Parse(word, catalog);
            var outlook = forecast.Of(JobOf(norms, model, hardware, examples));
            last = (hardware, outlook);
            if (!outlook.Fits || outlook.Hours is not { } hours)
                continue;
            // A run that may not fit is dear at any price.
            var rank = (!outlook.FitsSurely, (prices.Of(hardware)?.PerHourUsd.Value ?? double.MaxValue) * hours.Value);
            if (rank.CompareTo(least) < 0)
                (best, least) = (last, rank);
        }
        return best ?? last;
    }

    private TrainingJob JobOf(AdaptationNorms norms, Model model, HardwareSpec hardware, ExamplesPlan examples)
    {
        var workload = scenario.Workload;
        var isAdapter = norms.Id is "dpo" or "grpo";
        return new TrainingJob
        {
            Model = model,
            Method = norms.Id,
            // Rank 1 suffices for reinforcement learning, and preferences need no more than manners do.
            Adapter = isAdapter ? "lora" : null,
            Hardware = hardware,
            Examples = examples.Planned,
            TokensPerExample = wish.TokensPerExample ?? Math.Round(PromptOf(norms).Total + workload.OutputTokens.Mean),
            Epochs = norms.Id == "grpo" ? 1 : wish.Epochs,
            PromptTokens = (long)Math.Ceiling(PromptOf(norms).Total),
            ResponseTokens = (long)Math.Ceiling(workload.OutputTokens.Mean),
        };
    }

    private string? Unsuited(AdaptationNorms norms)
    {
        var need = NeedNames.Of(wish.Need);
        if (!norms.Needs.Contains(need))
            return WhyUnsuited(norms, need);
        if (wish.FellShort.Contains(norms.Id))
            return "it was measured and falls short, as the scenario says";
        var later = wish.FellShort.Select(catalog.Adaptation.Find).FirstOrDefault(tried => tried.Step > norms.Step);
        if (later is not null && norms.Step < later.Step && !IsTrained(norms))
            return $"{later.Name}, a later step, was measured to fall short already";
        if (norms.Id == "few-shot" && wish.Prompt.FewShot > 0)
            return "the prompt has examples already";
        if (norms.VerifiableReward && !wish.VerifiableReward)
            return "no program tells right answers from wrong ones here (verifiableReward); collect preferences, or examples";
        return null;
    }

    private string WhyUnsuited(AdaptationNorms norms, string need) =>
        (wish.Need, IsTrained(norms)) switch
        {
            (AdaptationNeed.Knowledge, true) when wish.ChangesPerMonth > 0 => string.Create(
                CultureInfo.InvariantCulture,
                $"facts change {wish.ChangesPerMonth:0.##} times a month: each change would be a training run, and what is learnt is recalled unreliably"
            ),
            (AdaptationNeed.Knowledge, true) =>
                "facts taught by examples are recalled unreliably; retrieval shows them to the model",
            (AdaptationNeed.Knowledge, false) =>
                "the prompt holds no facts that the model does not know; retrieval does",
            (_, false) when norms.Id == "rag" => $"the need is {need}, not facts",
            _ => $"it does not serve the need, {need}",
        };

    private PromptParts PromptOf(AdaptationNorms norms)
    {
        var prompt = wish.Prompt;
        if (IsTrained(norms))
            return prompt with { System = prompt.System * KeptSystem, FewShot = 0 };
        return norms.Id switch
        {
            "few-shot" when prompt.FewShot <= 0 => prompt with { FewShot = ShotTokens(norms) },
            "rag" when prompt.Retrieved <= 0 => prompt with { Retrieved = UsualRetrieved },
            _ => prompt,
        };
    }

    /// <summary>As many examples as usual, each as long as what is asked and answered.</summary>
    private double ShotTokens(AdaptationNorms norms) =>
        (norms.ExamplesUsual ?? 0) * (wish.TokensPerExample ?? wish.Prompt.User + scenario.Workload.OutputTokens.Mean);

    private string? ModelOf() => wish.Need == AdaptationNeed.Cost ? wish.SmallerModel : null;

    private static bool IsTrained(AdaptationNorms norms) => norms.Trains;

    private static string NoServing(bool isTrained) =>
        isTrained
            ? "own weights are served on machines, and none that the scenario allows serve it within its limits"
            : "nothing that the scenario allows serves such prompts within its limits";

    private static string ServingText(Candidate candidate) =>
        candidate.Way == Way.Api
            ? $"{candidate.Model}: {candidate.Offer}"
            : $"{candidate.Model} on {candidate.Hardware}";

    private ImmutableArray<string> NeedsOf(AdaptationNorms norms, ExamplesPlan examples)
    {
        var needs = ImmutableArray.CreateBuilder<string>();
        if (examples.Planned > 0)
            needs.Add(
                examples.Missing > 0
                    ? $"{Figures.Exact(examples.Planned)} {examples.What}, {Figures.Exact(examples.Missing)} of them still to be made"
                    : $"{Figures.Exact(examples.Planned)} {examples.What}, which are there"
            );
        if (norms.VerifiableReward)
            needs.Add("a program that tells right answers from wrong ones, and a model that is right now and then");
        needs.Add("200 to 500 cases to measure on, kept apart from the examples");
        return needs.ToImmutable();
    }

    internal static Estimate Times(Estimate one, Estimate other) =>
        new(
            one.Value * other.Value,
            one.Low * other.Low,
            one.High * other.High,
            EvidenceGrades.Weakest(one.Evidence, other.Evidence)
        );
}
