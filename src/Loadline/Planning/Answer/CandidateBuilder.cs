using System.Collections.Immutable;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Tells an option in full: latencies with intervals, costs line by line, confidence, conditions, what binds.</summary>
internal sealed class CandidateBuilder(Scenario scenario, FoundPlans found)
{
    /// <summary>Below this share of what the replicas carry, the smallest machine on offer is what binds.</summary>
    private const double LightLoad = 0.7;

    private readonly PlanDraws draws = new(found.Search.Load);
    private readonly PlanCosts costs = found.Costs;
    private readonly double requestsPerMonth = found.Demand.RequestsPerMonth.Value;
    private readonly double tokensPerMonth =
        found.Demand.PromptTokensPerMonth.Value + found.Demand.OutputTokensPerMonth.Value;

    public Candidate Build(PlanOption option) =>
        option switch
        {
            SizedPlan plan => OnMachines(plan),
            ApiPlan api => Hosted(api),
            HybridPlan hybrid => Split(hybrid),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    private Candidate OnMachines(SizedPlan plan)
    {
        var lines = costs.Machines.Lines(plan.Supply, plan.Machines, plan.MachinesPerReplica);
        var cost = SumOf(lines);
        return Machines(plan, cost, lines, costs.Machines.Capital(plan.Supply, plan.Machines)) with
        {
            Confidence = draws.ConfidenceOf(plan, cost, (double?)scenario.Budget.MaximumMonthly?.Usd),
        };
    }

    private Candidate Machines(SizedPlan plan, Estimate cost, ImmutableArray<CostLine> lines, Estimate capital)
    {
        var replica = plan.Sized.Replica;
        var deployment = replica.Deployment;
        var latencies = CandidateLatencies.Of(plan, out var point);
        var supply = plan.Supply;
        // What serves together on a machine is several replicas of the engine.
        var perMachine = plan.ReplicasPerMachine * (replica.Split?.Replicas ?? 1);
        var spares = plan.SpareMachines / plan.MachinesPerReplica * perMachine;
        return new Candidate
        {
            Way = plan.Way,
            Terms = supply.TermsText,
            Model = plan.For.Id,
            WeightFormat = deployment.Weights.Name,
            KvFormat = deployment.KvCache.Name,
            Engine = $"{deployment.Engine.Id}@{deployment.Rules.Since}",
            Hardware = $"{supply.Count * plan.Machines}x:{supply.Accelerator.Id}",
            Offer = supply.Id,
            Provider = supply.Provider,
            Region = supply.Region,
            Machines = plan.Machines,
            Replicas = plan.Replicas * (replica.Split?.Replicas ?? 1) + spares,
            SpareReplicas = spares,
            Parallelism = deployment.Parallelism,
            Pools = replica.Split,
            PerDevice = DevicesOf(plan, point),
            TtftSeconds = latencies.Ttft,
            TpotSeconds = latencies.Tpot.Value > 0 ? latencies.Tpot : null,
            EndToEndSeconds = latencies.EndToEnd,
            SimulatedRequests = plan.Simulated?.Requests,
            RequestsInFlight = Estimate.WithinFactor(
                point.InFlight * plan.Replicas,
                replica.Error.Factor,
                replica.Error.Evidence
            ),
            MaximumRequestsPerSecond = plan.Sized.MaximumRate * plan.Replicas,
            QualityLoss = plan.QualityLoss,
            Capability = CapabilityOf(plan.For),
            CostPerMonthUsd = cost,
            CostOverHorizonUsd = OverHorizon(plan, cost),
            CapitalUsd = capital,
            CostPerMillionTokensUsd = cost * (1e6 / tokensPerMonth),
            CostPerRequestUsd = cost * (1 / requestsPerMonth),
            CostLines = lines,
            Confidence = null,
            BindingConstraint = WhatBinds(plan),
            PriceAsOf = supply.AsOf,
            PowerKilowatts = plan.Way is Way.Buy or Way.Own
                ? costs.Machines.SiteKilowatts(supply, plan.Machines)
                : null,
            LeadTimeWeeks = supply.LeadTimeWeeks,
            Conditions = ConditionsOf(plan.For, plan.Way, [.. supply.Conditions, .. plan.Sized.Outlook.Warnings]),
        };
    }

    private Candidate Hosted(ApiPlan plan)
    {
        var cost = ApiCost(plan);
        var api = plan.Api;
        return new Candidate
        {
            Way = Way.Api,
            Terms = scenario.Workload.IsBatch && api.BatchPriceShare is not null ? "per token, batch" : "per token",
            Model = plan.For.Id,
            WeightFormat = null,
            KvFormat = null,
            Engine = null,
            Hardware = "hosted API",
            Offer = api.Id,
            Provider = api.Provider,
            Region = null,
            Machines = 0,
            Replicas = 0,
            Parallelism = Parallelism.None,
            PerDevice = [],
            TtftSeconds = Measured(plan.Latency?.Ttft),
            TpotSeconds = Measured(plan.Latency?.Tpot),
            EndToEndSeconds = Measured(plan.Latency?.EndToEnd),
            RequestsInFlight = null,
            MaximumRequestsPerSecond = null,
            QualityLoss = null,
            Capability = CapabilityOf(plan.For),
            CostPerMonthUsd = cost,
            CostOverHorizonUsd = OverHorizon(plan, cost),
            CapitalUsd = Estimate.Exact(0),
            CostPerMillionTokensUsd = cost * (1e6 / tokensPerMonth),
            CostPerRequestUsd = cost * (1 / requestsPerMonth),
            CostLines = [new CostLine("tokens", cost, $"{api.Source}, {api.AsOf}")],
            Confidence = null,
            BindingConstraint = plan.Latency is null ? "its latency is not measured" : "price per token",
            PriceAsOf = api.AsOf,
            Conditions = ConditionsOf(
                plan.For,
                Way.Api,
                [
                    $"How fast {api.Provider} answers is not predicted: measure it before it is signed, and enter it under deployment.apiLatencies (engineering)",
                    .. api.Notes is { } notes ? [$"{api.Id}: {notes}"] : ImmutableArray<string>.Empty,
                ]
            ),
        };
    }

    /// <summary>The base in full; what goes elsewhere is in the lines and in the terms.</summary>
    private Candidate Split(HybridPlan plan)
    {
        var whole = plan.Whole;
        var lines = costs
            .Machines.LinesWithoutPeople(whole.Supply, plan.BaseMachines, beside: plan.BesideBase)
            .ToList();
        if (plan.Api is { } api)
            lines.Add(
                new CostLine(
                    "tokens of what is above the base",
                    ApiCost(api) * plan.OverflowShare,
                    $"{plan.OverflowShare * 100:0.#} % of the requests at {api.Api.Id}, {api.Api.AsOf}"
                )
            );
        else
            lines.AddRange(RestOf(plan));
        // One team runs all of it.
        var machines = plan.Api is null ? plan.BaseMachines + plan.RestMachines : plan.BaseMachines;
        lines.Add(costs.Machines.People(machines * whole.Supply.Count));
        var cost = SumOf(lines);
        var sparing = whole.SpareMachines / whole.MachinesPerReplica * whole.ReplicasPerMachine;
        var rest =
            plan.Api is { } hosted ? hosted.Api.Id
            : plan.Rest!.PerHour is null ? $"{plan.RestMachines} bought"
            : $"{plan.RestMachines} rented of {plan.Rest.Provider}, {plan.Rest.TermsText}";
        var capital = costs.Machines.Capital(whole.Supply, plan.BaseMachines);
        if (plan.Rest is { PerHour: null } bought)
            capital += costs.Machines.Capital(bought, plan.RestMachines, plan.BaseMachines);
        var all = Machines(whole, cost, [.. lines], capital);
        return all with
        {
            Way = Way.Hybrid,
            Provider = plan.Rest?.Provider ?? plan.Api!.Api.Provider,
            Region = plan.Rest?.Region,
            Terms = $"{plan.BaseMachines} {whole.Supply.TermsText}, the rest {rest}",
            Hardware = $"{machines * whole.Supply.Count}x:{whole.Supply.Accelerator.Id}",
            Machines = machines,
            Replicas = plan.Api is null ? whole.Replicas + sparing : plan.BaseMachines * whole.ReplicasPerMachine,
            SpareReplicas = plan.Api is null ? sparing : 0,
            // The hosted model takes whatever comes above the base.
            MaximumRequestsPerSecond = plan.Api is null ? whole.Sized.MaximumRate * whole.Replicas : null,
            PowerKilowatts = costs.Machines.SiteKilowatts(whole.Supply, plan.BaseMachines + plan.BesideBase),
            PriceAsOf = plan.Rest?.AsOf ?? plan.Api?.Api.AsOf ?? whole.Supply.AsOf,
            Conditions = ConditionsOf(
                plan.For,
                Way.Hybrid,
                [.. whole.Supply.Conditions, .. plan.Rest?.Conditions ?? []]
            ),
            CostOverHorizonUsd = OverHorizon(plan, cost),
            // What goes to a hosted model is as fast as nobody measured.
            TtftSeconds = plan.Api is null ? all.TtftSeconds : null,
            TpotSeconds = plan.Api is null ? all.TpotSeconds : null,
            EndToEndSeconds = plan.Api is null ? all.EndToEndSeconds : null,
            SimulatedRequests = plan.Api is null ? all.SimulatedRequests : null,
            Confidence = plan.Api is null
                ? draws.ConfidenceOf(whole, cost, (double?)scenario.Budget.MaximumMonthly?.Usd)
                : null,
        };
    }

    private IEnumerable<CostLine> RestOf(HybridPlan plan)
    {
        var (rest, machines) = (plan.Rest!, plan.RestMachines);
        if (rest.PerHour is { } hour)
            return
            [
                new CostLine(
                    "rent of what is above the base",
                    hour * costs.Machines.HoursBilled(rest, machines, alwaysOn: plan.BaseMachines),
                    $"{machines} of {rest.Instance ?? rest.Id} at {rest.Provider}, {rest.TermsText}, {rest.AsOf}"
                ),
            ];
        return costs
            .Machines.LinesWithoutPeople(rest, machines, beside: plan.BaseMachines)
            .Select(line => line with { What = $"{line.What} (more machines)" });
    }

    private static Estimate SumOf(IEnumerable<CostLine> lines) =>
        lines
            .Select(line => line.PerMonthUsd)
            .Aggregate(Estimate.Exact(0), (left, right) => left + right)
            .AtMost(Evidence.Assumed);

    private static Estimate ApiCost(ApiPlan plan) =>
        Estimate.WithinFactor(plan.CostPerMonth, MachineCosts.PriceSpread, Evidence.Assumed);

    /// <summary>From slow growth at falling prices to fast growth in a shock of supply.</summary>
    private Estimate OverHorizon(PlanOption option, Estimate cost)
    {
        var growth = scenario.Workload.GrowthPerYear;
        var trend = scenario.Budget.PriceTrendPerYear;
        var low = cost.Value > 0 ? cost.Low / cost.Value : 1;
        var high = cost.Value > 0 ? cost.High / cost.Value : 1;
        var middle = costs.OverHorizon(option, growth.Base, trend.Base);
        return new Estimate(
            middle,
            Math.Min(middle, costs.OverHorizon(option, growth.Low, trend.Low) * low),
            Math.Max(middle, costs.OverHorizon(option, growth.High, trend.High) * high),
            Evidence.Assumed
        );
    }

    private static Estimate? Measured(Duration? time) =>
        time is { } known ? Estimate.Exact(known.Seconds, Evidence.Measured) : null;

    private static ImmutableArray<CapabilityFigure> CapabilityOf(ModelOption option) =>
        option.Capability is not { } verdict
            ? []
            :
            [
                .. verdict.Findings.Select(finding => new CapabilityFigure(
                    finding.Benchmark,
                    finding.Score?.Score,
                    finding.Score?.StandardError,
                    finding.Minimum,
                    verdict.Variant
                )),
            ];

    private ImmutableArray<string> ConditionsOf(ModelOption option, Way way, IEnumerable<string> others)
    {
        var conditions = option.Conditions.AddRange(others);
        if (scenario.Deployment.Data is { } data && way is not (Way.Buy or Way.Own))
            conditions = conditions.AddRange(data.Conditions);
        return [.. conditions.Distinct(StringComparer.Ordinal)];
    }

    private ImmutableArray<DeviceSummary> DevicesOf(SizedPlan plan, ServingPoint point)
    {
        var typical = (long)Math.Ceiling(scenario.Workload.PromptTokens.Mean + scenario.Workload.OutputTokens.Mean);
        var replica = plan.Sized.Replica;
        var decoding = replica.Split is null ? point.InFlight : point.DecodingEach;
        var memory = replica.Memory.With(typical, (long)Math.Ceiling(decoding));
        return
        [
            .. Enumerable
                .Range(0, replica.Deployment.Parallelism.Devices)
                .Select(index => DeviceSummary.Of($"{plan.Supply.Accelerator.Id}#{index}", memory)),
        ];
    }

    private static string WhatBinds(SizedPlan plan)
    {
        var share = plan.RatePerReplica / plan.Sized.MaximumRate;
        if (plan.Machines - plan.SpareMachines == plan.MachinesPerReplica && share < LightLoad)
            return string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"size of the smallest machine on offer ({share * 100:0} % used)"
            );
        if (plan.Missed is { } missed)
            return missed.What;
        var design = plan.Sized.Design;
        return plan.Sized.Replica.WhatBinds(plan.Sized.MaximumRate * design.LoadFactor * 1.02, design.Slowdown);
    }
}
