using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>
/// What deciding by predictions costs: for every model that was measured on several deployments, the cheapest way of
/// serving it within a limit on the time per token is chosen by prediction and by measurement.
/// </summary>
/// <remarks>
/// A way is a deployment with so many requests in flight. Its cost is the median on-demand price of its accelerators over
/// the output tokens that its times to first token and per token make, C x n / (TTFT + (n - 1) TPOT). Ways are compared at
/// one length of prompts and answers only. Chosen is the cheapest whose predicted time per token keeps the limit with some
/// probability. Requests in flight come in doublings, so what is chosen lies well above the least that is asked of it; the
/// least is therefore set so that all choices together keep the limit with the confidence asked for, on average by their own
/// predictions (no measurement is looked at). What comes of asking it of each alone is given beside that.
/// </remarks>
public sealed class DecisionScoring(CatalogReader catalog, ModelSource models)
{
    /// <summary>Fewer deployments are no choice.</summary>
    private const int FewestDeployments = 4;

    private readonly InferenceScoring scoring = new(catalog, models);
    private readonly Dictionary<string, double?> prices = [];

    /// <exception cref="BadContentException">The file is not one of latencies.</exception>
    /// <param name="table">The file.</param>
    /// <param name="tpotLimit">On the time per token.</param>
    /// <param name="confidence">Probability with which choices have to keep it; 0.5 decides by the middle.</param>
    public DecisionScore Score(CsvTable table, Duration tpotLimit, double confidence = 0.9)
    {
        var limit = tpotLimit.Seconds;
        var groups = Ways(table)
            .GroupBy(way => (way.Model, way.PromptTokens, way.OutputTokens))
            .Where(group => group.Select(way => way.Deployment).Distinct().Count() >= FewestDeployments)
            .Select(group => group.ToImmutableArray())
            // Where nothing that was measured keeps the limit there is nothing to choose.
            .Where(ways => ways.Any(way => way.MeasuredTpot <= limit))
            .ToList();
        var least = LeastFor(groups, limit, confidence);
        var choices = groups.ConvertAll(ways => Choice.Of(ways, limit, least));
        return Outcome(choices, tpotLimit, confidence) with
        {
            LeastProbability = least,
            EachAlone = Outcome(groups.ConvertAll(ways => Choice.Of(ways, limit, confidence)), tpotLimit, confidence),
        };
    }

    /// <summary>
    /// The lowest probability to ask of a single choice at which the predictions themselves say that choices keep the limit
    /// with the confidence on average; never below even odds, and never above the confidence.
    /// </summary>
    private static double LeastFor(List<ImmutableArray<Way>> groups, double limit, double confidence)
    {
        const double Step = 0.01;
        for (var least = Math.Min(0.5, confidence); least < confidence; least += Step)
        {
            var chosen = groups
                .Select(ways => Choice.Chosen(ways, limit, least))
                .OfType<Way>()
                .Select(way => way.ProbabilityWithin(limit))
                .ToList();
            if (chosen.Count > 0 && chosen.Average() >= confidence)
                return least;
        }
        return confidence;
    }

    private static DecisionScore Outcome(List<Choice> choices, Duration tpotLimit, double confidence)
    {
        var answered = choices.Where(choice => choice.Regret is not null).ToList();
        var byModel = answered
            .GroupBy(choice => choice.Model)
            .Select(group => Sample.Median(group.Select(choice => choice.Regret!.Value)))
            .ToList();
        return new DecisionScore
        {
            TpotLimitSeconds = tpotLimit.Seconds,
            Confidence = confidence,
            Models = byModel.Count,
            Decisions = choices.Count,
            Unanswered = choices.Count - answered.Count,
            MedianRegret = byModel.Count == 0 ? null : Sample.Median(byModel),
            P90Regret = byModel.Count == 0 ? null : Sample.Quantile(byModel, 0.9),
            RankCorrelation =
                choices.Count == 0 ? null : Sample.Median(choices.Select(choice => choice.RankCorrelation)),
            MissShare = answered.Count == 0 ? null : answered.Average(choice => choice.IsMissed ? 1.0 : 0),
        };
    }

    private IEnumerable<Way> Ways(CsvTable table) =>
        InferenceScoring
            .Runs(table)
            .Where(run => run.LeftOut is null && IsOfServing(run.Conditions))
            .GroupBy(run =>
                (
                    run.Conditions.Stated.Deployment,
                    run.Conditions.Engine,
                    run.Conditions.InputTokens,
                    run.Conditions.OutputTokens,
                    run.Conditions.Concurrency
                )
            )
            .Select(rows => WayOf([.. rows.Select(row => row.Conditions)]))
            .OfType<Way>();

    private static bool IsOfServing(InferenceConditions conditions) =>
        conditions is { Concurrency: > 0, Rate: null, InputTokens: > 0, OutputTokens: > 1 }
        && conditions.Scenario.StartsWith("server", StringComparison.Ordinal);

    private Way? WayOf(ImmutableArray<InferenceConditions> rows)
    {
        var conditions = rows[0];
        if (
            Find(rows, "tpot") is not { } tpot
            || Find(rows, "ttft") is not { } ttft
            || scoring.ModelOf(conditions).Model is not { } model
            || scoring.AcceleratorOf(conditions) is not { } accelerator
            || PriceOf(accelerator) is not { } price
        )
            return null;
        var devices = ServingLayout.Of(conditions, model.Architecture).Devices;
        return new Way(
            model.Id,
            conditions.Stated.Deployment,
            conditions.InputTokens,
            conditions.OutputTokens,
            tpot.Measured,
            tpot.Predicted.Value,
            Math.Log(tpot.Predicted.High / tpot.Predicted.Value) / NormalDistribution.Z95,
            Cost(ttft.Measured, tpot.Measured),
            Cost(ttft.Predicted.Value, tpot.Predicted.Value)
        );

        double Cost(double first, double each)
        {
            const double Million = 1e6;
            const double SecondsPerHour = 3600;
            var tokensPerSecond =
                conditions.Concurrency!.Value
                * conditions.OutputTokens
                / (first + (conditions.OutputTokens - 1) * each);
            return price * devices / SecondsPerHour / tokensPerSecond * Million;
        }
    }

    /// <summary>Measured and predicted, in seconds.</summary>
    private (double Measured, Estimate Predicted)? Find(ImmutableArray<InferenceConditions> rows, string quantity)
    {
        foreach (var row in rows)
        {
            if (!row.Metric.StartsWith(quantity + "_ms", StringComparison.Ordinal))
                continue;
            if (scoring.CaseOf(row).Predicted is not { } predicted)
                return null;
            var seconds = 1e-3 / row.Stated.Unit;
            return (row.Stated.Measured * seconds, predicted * seconds);
        }
        return null;
    }

    /// <summary>Dollars per accelerator and hour, the median of the offers; null where nobody offers it.</summary>
    private double? PriceOf(string accelerator)
    {
        if (!prices.TryGetValue(accelerator, out var price))
        {
            var offers = catalog
                .Offers.All.Where(offer => offer.Accelerator == accelerator && offer.OnDemandPerHour is not null)
                .Select(offer => (double)offer.OnDemandPerHour!.Value.Usd / offer.Count)
                .ToList();
            prices[accelerator] = price = offers.Count == 0 ? null : Sample.Median(offers);
        }
        return price;
    }

    /// <param name="Model">Catalog id.</param>
    /// <param name="Deployment">Key of the deployment.</param>
    /// <param name="PromptTokens">Mean tokens.</param>
    /// <param name="OutputTokens">Mean tokens.</param>
    /// <param name="MeasuredTpot">Seconds.</param>
    /// <param name="PredictedTpot">Seconds.</param>
    /// <param name="Sigma">Standard deviation of the logarithm of that prediction.</param>
    /// <param name="MeasuredCost">Dollars per million output tokens.</param>
    /// <param name="PredictedCost">The same by prediction.</param>
    private sealed record Way(
        string Model,
        string Deployment,
        double PromptTokens,
        double OutputTokens,
        double MeasuredTpot,
        double PredictedTpot,
        double Sigma,
        double MeasuredCost,
        double PredictedCost
    )
    {
        /// <summary>Probability that a token takes no longer than the limit.</summary>
        public double ProbabilityWithin(double limit) =>
            Sigma <= 0
                ? (PredictedTpot <= limit ? 1 : 0)
                : NormalDistribution.Probability(Math.Log(limit / PredictedTpot) / Sigma);
    }

    /// <param name="Model">Catalog id.</param>
    /// <param name="Regret">Extra cost of the choice over the best; null when prediction finds none that keeps the limit.</param>
    /// <param name="IsMissed">True when the choice does not keep the limit.</param>
    /// <param name="RankCorrelation">Spearman's, of predicted and measured costs.</param>
    private sealed record Choice(string Model, double? Regret, bool IsMissed, double RankCorrelation)
    {
        /// <summary>The cheapest that keeps the limit with at least some probability; null when none does.</summary>
        public static Way? Chosen(ImmutableArray<Way> ways, double limit, double least) =>
            ways.Where(way => way.ProbabilityWithin(limit) >= least).MinBy(way => way.PredictedCost);

        public static Choice Of(ImmutableArray<Way> ways, double limit, double least)
        {
            var best = ways.Where(way => way.MeasuredTpot <= limit).MinBy(way => way.MeasuredCost)!;
            var correlation = Ranks.Correlation(
                [.. ways.Select(way => way.PredictedCost)],
                [.. ways.Select(way => way.MeasuredCost)]
            );
            return Chosen(ways, limit, least) is { } chosen
                ? new Choice(
                    best.Model,
                    // One that breaks the limit may be cheaper than all that keep it: that is a miss and no gain.
                    Math.Max(0, chosen.MeasuredCost / best.MeasuredCost - 1),
                    chosen.MeasuredTpot > limit,
                    correlation
                )
                : new Choice(best.Model, null, false, correlation);
        }
    }
}

/// <summary>What deciding by predictions costs; fractions.</summary>
public sealed record DecisionScore
{
    public required double TpotLimitSeconds { get; init; }

    /// <summary>Probability with which choices have to keep the limit, on average.</summary>
    public required double Confidence { get; init; }

    /// <summary>What was asked of every single choice so that they do; null where it was the confidence itself.</summary>
    public double? LeastProbability { get; init; }

    /// <summary>The same decisions with the confidence asked of each alone; null in that score itself.</summary>
    public DecisionScore? EachAlone { get; init; }

    /// <summary>Models with at least four deployments measured under the same lengths.</summary>
    public required int Models { get; init; }

    /// <summary>Models times lengths of prompts and answers.</summary>
    public required int Decisions { get; init; }

    /// <summary>Decisions for which no way is predicted to keep the limit, though one was measured to.</summary>
    public required int Unanswered { get; init; }

    /// <summary>Median over models of the extra cost of what is chosen over the best that was measured.</summary>
    public required double? MedianRegret { get; init; }
    public required double? P90Regret { get; init; }

    /// <summary>Median of Spearman's correlation of predicted and measured costs.</summary>
    public required double? RankCorrelation { get; init; }

    /// <summary>Share of the choices whose measured time per token exceeds the limit.</summary>
    public required double? MissShare { get; init; }
}
