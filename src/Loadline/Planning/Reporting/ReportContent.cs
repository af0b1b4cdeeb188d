using System.Collections.Immutable;

namespace Loadline.Planning;

/// <summary>The words and pictures of a report, once for every form it is written in.</summary>
/// <param name="Name">Of the scenario.</param>
/// <param name="Start">Day the plan is for; null when it is not kept.</param>
/// <param name="Verdict">One or two sentences.</param>
/// <param name="Sections">In the order they are read, the verdict first; what says nothing is not there.</param>
internal sealed record ReportContent(string Name, string? Start, string Verdict, ImmutableArray<ReportSection> Sections)
{
    public static ReportContent Of(Plan plan)
    {
        ReportSection?[] sections =
        [
            VerdictSection.Of(plan),
            OptionsSection.Of(plan),
            CostSection.Of(plan),
            CapacitySection.Of(plan),
            CertaintySection.Of(plan),
            MemorySection.Of(plan),
            QualitySection.Of(plan),
            RoadmapSection.Of(plan),
            WhatIfSection.Of(plan),
            BasisSection.Of(plan),
        ];
        return new ReportContent(
            Wording.Name(plan.Name),
            plan.Record is { } record ? Wording.Name(record.Start) : null,
            Wording.Sentence(plan.Verdict),
            [.. sections.OfType<ReportSection>()]
        );
    }
}
