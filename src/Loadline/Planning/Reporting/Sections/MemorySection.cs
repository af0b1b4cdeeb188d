namespace Loadline.Planning;

/// <summary>What fills the memory of the recommended machines.</summary>
internal static class MemorySection
{
    public static ReportSection? Of(Plan plan) =>
        plan.Recommended is { } winner && MemoryChart.Of(winner) is { } chart
            ? new ReportSection("memory", chart.Title, [new Block.Picture(chart)])
            : null;
}
