using System.Collections.Immutable;
using System.Text.Json;
using Loadline.Planning;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Tests.Planning;

/// <summary>Plans written by hand, whole and bare, for what reports them. Their figures are made up.</summary>
internal static class ReportPlans
{
    private const long GiB = 1L << 30;
    private const int Horizon = 36;

    /// <summary>A support assistant for 400 people, with everything that a plan can say.</summary>
    public static Plan Whole { get; } =
        Bare with
        {
            Name = "support-assistant",
            Verdict =
                "Yes: renting one machine with two L40S cards serves 400 people for about 2,480 USD a month. Buying it pays off after month 19, if the load stays.",
            Recommended = Rented,
            Alternatives = [Bought, Hosted, Larger, Mixture],
            Pareto = [Rented, Larger, Fast],
            Reasons =
            [
                "It is the cheapest of the candidates that meet the objectives with 90 % confidence.",
                "It carries 0.71 requests/s with that confidence, 1.8 times the busiest hour; what binds is the time to first token p95.",
                "The runner-up, the same machines bought, costs 210 USD a month less over three years and 31,400 USD at once.",
            ],
            OpenQuestions =
            [
                "May the questions of customers leave the company? (data protection officer)",
                "How many of the 400 people are in a conversation at 10 in the morning? (head of support)",
                "Is there room and power for two machines? (facilities)",
            ],
            Assumptions =
            [
                "Time per output token p95 at most 60 ms (chat preset).",
                "Rental prices are on demand, all hours of the month, as of the date given; their range is a norm.",
                "Electricity costs 0.21 USD/kWh, with 1.4 times the power of the machines for cooling.",
                "The provider is taken to have as many machines as the plan needs, now and later.",
            ],
            Rejected =
            [
                new(
                    "Qwen3-32B bf16 on 1x:nvidia-l40s-48gb",
                    RejectionKind.Memory,
                    "weights alone take 61 GiB of 44.7 GiB"
                ),
                new(
                    "Llama-3.1-70B fp8 on 2x:nvidia-l40s-48gb",
                    RejectionKind.Objective,
                    "time to first token p95 is 3.1 s where 2 s is asked"
                ),
                new("MI300X", RejectionKind.Price, "no offer with a price"),
            ],
            CandidatesConsidered = 1284,
            Objectives = new PlanObjectives
            {
                TtftSeconds = 2,
                TpotSeconds = 0.06,
                EndToEndSeconds = 20,
                Confidence = 0.9,
            },
            Sizing = Sizes,
            LowerBounds =
            [
                new("memory", 1.12, "31.2 GiB of weights and 18.9 GiB of cache over 44.7 GiB of a device"),
                new("arithmetic", 0.21, "0.4 requests/s x 2.6 TFLOP over 362 TFLOP/s at most"),
                new("memory bandwidth", 0.64, "34 steps/s x 16.3 GiB over 864 GB/s at most"),
            ],
            CostOverTime = Costs,
            Roadmap = Stages,
            GrowthPerYear = new PlanningRange(1.1, 1.4, 2),
            MarginalValues =
            [
                new("time to first token p95", "2 s to 3 s", 2480, 0, "the plan stays: memory is what binds"),
                new("confidence", "90 % to 95 %", 4960, 2480, "one machine more"),
                new("people", "400 to 500", 2480, 0, "fits into what is there"),
            ],
            Sensitivity =
            [
                new(
                    "people active at the peak",
                    "60",
                    "240",
                    "Qwen3-32B fp8 on 2x:nvidia-l40s-48gb, rented",
                    "Qwen3-32B fp8 on 4x:nvidia-l40s-48gb, rented",
                    2480,
                    4960,
                    false
                ),
                new(
                    "rental price",
                    "x0.8",
                    "x1.25",
                    "Qwen3-32B fp8 on 2x:nvidia-l40s-48gb, rented",
                    "Qwen3-32B fp8 on 2x:nvidia-l40s-48gb, bought",
                    1984,
                    2870,
                    true
                ),
                new(
                    "growth a year",
                    "x1.1",
                    "x2",
                    "Qwen3-32B fp8 on 2x:nvidia-l40s-48gb, rented",
                    null,
                    2480,
                    null,
                    false
                ),
            ],
            Optimisations =
            [
                new(
                    "8-bit cache",
                    "room for twice as many conversations",
                    0.82,
                    null,
                    new Estimate(0.001, 0, 0.004, Evidence.Assumed)
                ),
                new("speculative decoding", "1.6 times as fast a token for a lone request", null, 0, null),
            ],
            QualityPoints = Formats,
            Record = new PlanRecord
            {
                Version = "0.2.0",
                CatalogDate = "2026-08-21",
                Seed = 1,
                Start = "2026-09-01",
                OldestPrice = "2026-05-30",
                NewestPrice = "2026-08-21",
                Scenario = JsonDocument.Parse("{}").RootElement,
            },
        };

    /// <summary>A plan that says as little as one can.</summary>
    public static Plan Bare =>
        new()
        {
            Name = "bare",
            Verdict = "No: nothing on offer serves 400 people as asked.",
            Demand = new Demand
            {
                People = Estimate.Exact(400),
                ActiveUsers = Estimate.WithinFactor(120, 1.25, Evidence.Assumed),
                MeanRequestsPerSecond = Estimate.WithinFactor(0.12, 1.25, Evidence.Assumed),
                PeakRequestsPerSecond = Estimate.WithinFactor(0.4, 1.25, Evidence.Assumed),
                RequestsInFlight = Estimate.WithinFactor(8, 1.25, Evidence.Assumed),
                RequestsPerMonth = Estimate.WithinFactor(315_576, 1.25, Evidence.Assumed),
                PromptTokensPerMonth = Estimate.WithinFactor(568e6, 1.25, Evidence.Assumed),
                OutputTokensPerMonth = Estimate.WithinFactor(79e6, 1.25, Evidence.Assumed),
            },
            Recommended = null,
            Alternatives = [],
            Pareto = [],
            Rejected = [],
            Roadmap = [],
            GrowthPerYear = PlanningRange.Single(1),
            HorizonMonths = Horizon,
            Percentiles = new LatencyPercentiles(0.95, 0.95, 0.95),
            Reasons = [],
            Assumptions = [],
            OpenQuestions = [],
            CandidatesConsidered = 0,
        };

    public static Candidate Rented =>
        Machine(Way.Rent, "on demand", "Qwen/Qwen3-32B", "fp8", "2x:nvidia-l40s-48gb", "runpod", 2480, 0) with
        {
            PerDevice = [Device(0), Device(1)],
            Conditions =
            [
                "Licence Apache-2.0: free for commercial use.",
                "Ask the provider for a data processing contract.",
            ],
        };

    private static Candidate Bought =>
        Machine(
            Way.Buy,
            "paid at once, written off over 36 months",
            "Qwen/Qwen3-32B",
            "fp8",
            "2x:nvidia-l40s-48gb",
            "reseller",
            2270,
            31_400
        ) with
        {
            PowerKilowatts = 1.68,
            LeadTimeWeeks = new PlanningRange(4, 8, 14),
            CostLines =
            [
                new CostLine(
                    "depreciation",
                    Estimate.WithinFactor(872, 1.25, Evidence.Assumed),
                    "list price of 2026-06-12"
                ),
                new CostLine(
                    "electricity",
                    Estimate.WithinFactor(248, 1.2, Evidence.Assumed),
                    "EU non-household mean, 2025 H2"
                ),
                new CostLine("housing and hands", Estimate.WithinFactor(1150, 1.5, Evidence.Assumed), "norm of ours"),
            ],
        };

    private static Candidate Hosted =>
        Machine(Way.Api, "per token", "openai/gpt-oss-120b", "mxfp4", "hosted API", "example-api", 3120, 0) with
        {
            WeightFormat = null,
            KvFormat = null,
            Engine = null,
            TtftSeconds = null,
            TpotSeconds = null,
            EndToEndSeconds = null,
            RequestsInFlight = null,
            MaximumRequestsPerSecond = null,
            QualityLoss = null,
            Confidence = null,
            Machines = 0,
            Replicas = 0,
            Region = null,
        };

    private static Candidate Larger =>
        Machine(Way.Rent, "on demand", "Qwen/Qwen3-32B", "bf16", "1x:nvidia-h100-80gb-sxm", "lambda", 2560, 0) with
        {
            EndToEndSeconds = new Estimate(9.4, 7.7, 11.6, Evidence.Interpolated),
            QualityLoss = Estimate.Exact(0),
        };

    private static Candidate Mixture =>
        Machine(
            Way.Hybrid,
            "base bought, peak rented",
            "mistralai/Mistral-Small-3.2-24B-Instruct-2506",
            "bf16",
            "2x:nvidia-l40s-48gb",
            "reseller",
            2910,
            15_700
        ) with
        {
            EndToEndSeconds = new Estimate(14.6, 11, 19.8, Evidence.Modelled),
            QualityLoss = Estimate.Exact(0),
        };

    private static Candidate Fast =>
        Machine(Way.Rent, "on demand", "Qwen/Qwen3-32B", "fp8", "2x:nvidia-h100-80gb-sxm", "lambda", 5110, 0) with
        {
            EndToEndSeconds = new Estimate(5.2, 4.1, 6.7, Evidence.Interpolated),
        };

    private static Sizing Sizes =>
        new()
        {
            Sizes = [new(0.5, 1, 1, 2480), new(0.9, 1, 1, 2480), new(0.99, 3, 3, 7440)],
            Inputs =
            [
                new("how many people ask at once", 0.62, 1, 0, "count conversations for two weeks"),
                new("speed of the machines", 0.21, 1, 0, "an hour on one rented machine"),
                new("length of the answers", 0.12, 1, 0, "a hundred real answers"),
                new("length of the prompts", 0.05, 1, 0, "a hundred real prompts"),
            ],
            Draws = 2000,
            Seed = 1,
        };

    private static CostOverTime Costs =>
        new()
        {
            Start = "2026-09",
            Series =
            [
                Series("rent: Qwen3-32B fp8 on 2x:nvidia-l40s-48gb", Way.Rent, 0, 2480),
                Series("buy: Qwen3-32B fp8 on 2x:nvidia-l40s-48gb", Way.Buy, 31_400, 830),
                Series("api: gpt-oss-120b", Way.Api, 0, 3120),
            ],
            BreakEvens =
            [
                new(
                    "buy: Qwen3-32B fp8 on 2x:nvidia-l40s-48gb",
                    "rent: Qwen3-32B fp8 on 2x:nvidia-l40s-48gb",
                    19.03,
                    "Buying has cost less than renting from month 19 (14-29) on."
                ),
                new(
                    "buy: Qwen3-32B fp8 on 2x:nvidia-l40s-48gb",
                    "api: gpt-oss-120b",
                    13.7,
                    "Buying has cost less than the hosted API from month 14 (10-21) on."
                ),
            ],
            Volumes =
            [
                new(
                    "api: gpt-oss-120b",
                    "rent: Qwen3-32B fp8 on 2x:nvidia-l40s-48gb",
                    514,
                    0.32,
                    "Renting costs less than the hosted API from 514 million tokens a month on, a peak of 0.32 requests/s."
                ),
            ],
        };

    private static ImmutableArray<RoadmapStage> Stages =>
        [
            Stage("215 people active (now 120)", 0.71, 77, 21, 10, "rent 1 more machine, 2 in all", 4960) with
            {
                MonthsAtLowGrowth = null,
                DateAtBaseGrowth = "2028-06",
                DateAtHighGrowth = "2027-07",
                LeadTimeWeeks = new PlanningRange(1, 2, 4),
            },
            Stage("320 people active (now 120)", 1.1, null, 35, 17, "buy 2 machines and end the rental", 3110) with
            {
                DateAtBaseGrowth = "2029-08",
                DateAtHighGrowth = "2028-02",
                LeadTimeWeeks = new PlanningRange(4, 8, 14),
                ExitCostUsd = Estimate.WithinFactor(1200, 1.5, Evidence.Assumed),
            },
            Stage("480 people active (now 120)", 1.6, null, null, 24, "buy 1 more machine, 3 in all", 4020) with
            {
                DateAtHighGrowth = "2028-09",
            },
        ];

    private static ImmutableArray<QualityPoint> Formats =>
        [
            new(
                "bf16",
                61 * GiB,
                Estimate.WithinFactor(0.048, 1.2, Evidence.Interpolated),
                Estimate.Exact(0),
                null,
                false
            ),
            new(
                "fp8",
                32 * GiB,
                Estimate.WithinFactor(0.027, 1.2, Evidence.Interpolated),
                new(0.004, 0, 0.012, Evidence.Assumed),
                null,
                true
            ),
            new(
                "int8",
                32 * GiB,
                Estimate.WithinFactor(0.029, 1.3, Evidence.Modelled),
                new(0.006, 0, 0.015, Evidence.Assumed),
                null,
                false
            ),
            new(
                "int4",
                18 * GiB,
                Estimate.WithinFactor(0.018, 1.3, Evidence.Modelled),
                new(0.021, 0.006, 0.045, Evidence.Assumed),
                "long chains of reasoning may lose far more",
                false
            ),
            new("nvfp4", 19 * GiB, null, new(0.018, 0.004, 0.04, Evidence.Assumed), null, false),
        ];

    private static Candidate Machine(
        Way way,
        string terms,
        string model,
        string format,
        string hardware,
        string provider,
        double perMonth,
        double capital
    )
    {
        var cost = Estimate.WithinFactor(perMonth, 1.25, Evidence.Assumed);
        return new Candidate
        {
            Way = way,
            Terms = terms,
            Model = model,
            WeightFormat = format,
            KvFormat = "bf16",
            Engine = "vllm@0.11",
            Hardware = hardware,
            Offer = $"{provider}-{hardware}",
            Provider = provider,
            Region = "eu-west",
            Machines = 1,
            Replicas = 1,
            Parallelism = new Parallelism(2),
            PerDevice = [],
            TtftSeconds = new Estimate(1.31, 0.92, 1.87, Evidence.Interpolated),
            TpotSeconds = new Estimate(0.031, 0.026, 0.037, Evidence.Interpolated),
            EndToEndSeconds = new Estimate(12.8, 10.4, 15.9, Evidence.Interpolated),
            SimulatedRequests = 2000,
            RequestsInFlight = Estimate.WithinFactor(4.1, 1.2, Evidence.Interpolated),
            MaximumRequestsPerSecond = 0.71,
            QualityLoss = new Estimate(0.004, 0, 0.012, Evidence.Assumed),
            CostPerMonthUsd = cost,
            CostOverHorizonUsd = cost * Horizon,
            CapitalUsd = capital > 0 ? Estimate.WithinFactor(capital, 1.15, Evidence.Assumed) : Estimate.Exact(0),
            CostPerMillionTokensUsd = cost * (1 / 647.0),
            CostPerRequestUsd = cost * (1 / 315_576.0),
            CostLines = [new CostLine("rent", cost, "price list of 2026-08-21")],
            Confidence = 0.94,
            BindingConstraint = "time to first token p95",
            PriceAsOf = "2026-08-21",
        };
    }

    private static DeviceSummary Device(int index) =>
        new()
        {
            Device = $"nvidia-l40s-48gb#{index}",
            WeightsBytes = 16 * GiB,
            CacheBytes = 14 * GiB,
            CapacityBytes = 45 * GiB,
            ActivationBytes = new Estimate(1.8 * GiB, 1.2 * GiB, 2.6 * GiB, Evidence.Modelled),
            OverheadBytes = new Estimate(1.1 * GiB, 0.7 * GiB, 1.9 * GiB, Evidence.Interpolated),
            FreeBytes = new Estimate(12.1 * GiB, 10.5 * GiB, 13.1 * GiB, Evidence.Modelled),
        };

    private static CostSeries Series(string name, Way way, double atOnce, double perMonth) =>
        new(
            name,
            way,
            [
                .. Enumerable
                    .Range(0, Horizon + 1)
                    .Select(month => Estimate.WithinFactor(atOnce + perMonth * month, 1.15, Evidence.Assumed)),
            ]
        );

    private static RoadmapStage Stage(
        string trigger,
        double rate,
        double? low,
        double? middle,
        double? high,
        string action,
        double cost
    ) =>
        new()
        {
            Trigger = trigger,
            RequestsPerSecond = rate,
            MonthsAtLowGrowth = low,
            MonthsAtBaseGrowth = middle,
            MonthsAtHighGrowth = high,
            Action = action,
            CostPerMonthUsd = Estimate.WithinFactor(cost, 1.25, Evidence.Assumed),
        };
}
