using System.Collections.Immutable;
using Loadline.Prediction;

namespace Loadline.Cli.Rendering;

/// <summary>The page of a deployment that cannot run: why, and what is nearest.</summary>
internal static class NoAnswer
{
    public static void Render(
        Page page,
        string what,
        string? reason,
        ImmutableArray<NearestFit> nearest,
        ImmutableArray<string> assumptions
    )
    {
        page.Headline($"No: {what}: {reason}.");
        page.List("Nearest that fits", nearest.Select(fit => $"{fit.Change}: {fit.WeightFormat} on {fit.Hardware}"));
        page.List("Assumptions", assumptions);
    }
}
