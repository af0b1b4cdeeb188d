using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What would change the choice, what each wish costs, and what could be done better.</summary>
internal static class WhatIfSection
{
    public static ReportSection? Of(Plan plan)
    {
        var blocks = ImmutableArray.CreateBuilder<Block>();
        var cases = plan.Sensitivity.OrNone();
        if (!cases.IsEmpty)
            blocks.Add(Cases(cases));
        var values = plan.MarginalValues.OrNone();
        if (!values.IsEmpty)
            blocks.Add(Values(values));
        var steps = plan.Optimisations.OrNone();
        if (!steps.IsEmpty)
            blocks.Add(Steps(steps));
        return blocks.Count == 0 ? null : new ReportSection("what-if", Finding(plan), blocks.ToImmutable());
    }

    private static string Finding(Plan plan)
    {
        var cases = plan.Sensitivity.OrNone();
        if (!cases.IsEmpty)
        {
            var changing = cases.Count(one => one.ChangesWinner);
            return changing switch
            {
                0 => $"None of {Wording.Count(cases.Length, "uncertain input")} would change the choice",
                1 => $"One of {Wording.Count(cases.Length, "uncertain input")} would change the choice",
                _ => $"{changing} of {cases.Length} uncertain inputs would change the choice",
            };
        }
        var best = plan.MarginalValues.OrNone().MinBy(value => value.DifferencePerMonthUsd ?? 0);
        return best?.DifferencePerMonthUsd < 0
            ? $"{Wording.Name(best.Knob)}, {Wording.Name(best.Change)}, would save {Significant.Three(-best.DifferencePerMonthUsd.Value)} USD/month"
            : "What could be done better";
    }

    private static Block.Table Cases(ImmutableArray<SensitivityCase> cases) =>
        new(
            "What becomes of the choice at either end of an input",
            ["Input", "At its low end", ">USD/month", "At its high end", ">USD/month"],
            [
                .. cases.Select(one =>
                    (ImmutableArray<Cell>)
                        [
                            new Cell(
                                Wording.Sentence(one.Input),
                                one.ChangesWinner ? "changes the choice" : "the choice stays"
                            ),
                            new Cell(Wording.Sentence(one.Low), Winner(one.WinnerAtLow)),
                            Cost(one.CostAtLowUsd),
                            new Cell(Wording.Sentence(one.High), Winner(one.WinnerAtHigh)),
                            Cost(one.CostAtHighUsd),
                        ]
                ),
            ]
        );

    private static Block.Table Values(ImmutableArray<MarginalValue> values) =>
        new(
            "What each wish costs or saves",
            ["Wish", "Change", ">Difference, USD/month", "Effect"],
            [
                .. values.Select(value =>
                    (ImmutableArray<Cell>)
                        [
                            Wording.Sentence(value.Knob),
                            Wording.Sentence(value.Change),
                            value.DifferencePerMonthUsd is { } difference ? Signed(difference) : "no plan",
                            Wording.Sentence(value.Effect),
                        ]
                ),
            ]
        );

    private static Block.Table Steps(ImmutableArray<Optimisation> steps) =>
        new(
            "What could be done to the deployment",
            ["Step", "Gain", ">Saves, USD/month", ">Loss of score"],
            [
                .. steps.Select(step =>
                    (ImmutableArray<Cell>)
                        [
                            Wording.Sentence(step.What),
                            Wording.Sentence(step.Gain),
                            step.SavedPerMonthUsd is { } saved ? Significant.Three(saved) : "-",
                            step.QualityLoss is null ? "none" : Cell.Of(step.QualityLoss, 0.01, " %"),
                        ]
                ),
            ]
        );

    private static string Winner(string? name) => name is null ? "no plan" : Wording.Sentence(name);

    private static string Cost(double? cost) => cost is { } known ? Significant.Three(known) : "-";

    private static string Signed(double difference) =>
        difference > 0 ? $"+{Significant.Three(difference)}" : Significant.Three(difference);
}
