using System.Collections.Immutable;
using System.Globalization;

namespace Loadline.Planning;

/// <summary>Compares published scores with minimums.</summary>
internal static class CapabilityRules
{
    public static CapabilityVerdict Judge(
        ImmutableArray<(string Benchmark, double Minimum, CapabilityScore? Score)> wanted,
        string? variant,
        ImmutableArray<string> variants
    )
    {
        ImmutableArray<CapabilityFinding> findings =
        [
            .. wanted.Select(one => Find(one.Benchmark, one.Minimum, one.Score)),
        ];
        return new CapabilityVerdict
        {
            Grade = Worst(findings),
            Findings = findings,
            Variant = variant,
            Variants = variants,
            Why = findings.IsEmpty ? "nothing is asked for" : string.Join("; ", findings.Select(Sentence)),
        };
    }

    /// <summary>
    /// The minimum is a number and has no error of its own, so the standard error of the difference is that of the score.
    /// </summary>
    private static CapabilityFinding Find(string benchmark, double minimum, CapabilityScore? score)
    {
        if (score is null)
            return new(benchmark, minimum, null, CapabilityGrade.Unknown, null);
        var shortfall = Math.Max(0, minimum - score.Score);
        var grade =
            shortfall == 0 ? CapabilityGrade.Meets
            : shortfall <= (score.StandardError ?? 0) ? CapabilityGrade.Equal
            : CapabilityGrade.Below;
        return new(benchmark, minimum, score, grade, shortfall);
    }

    private static CapabilityGrade Worst(ImmutableArray<CapabilityFinding> findings)
    {
        CapabilityGrade[] byWeight = [CapabilityGrade.Below, CapabilityGrade.Unknown, CapabilityGrade.Equal];
        foreach (var grade in byWeight)
        {
            if (findings.Any(finding => finding.Grade == grade))
                return grade;
        }
        return CapabilityGrade.Meets;
    }

    private static string Sentence(CapabilityFinding finding)
    {
        var culture = CultureInfo.InvariantCulture;
        if (finding.Score is not { } score)
            return string.Create(culture, $"{finding.Benchmark} is not published, {finding.Minimum:0.##} is asked for");
        var error = score.StandardError is { } standard
            ? string.Create(culture, $" (standard error {standard:0.0})")
            : "";
        var found = string.Create(culture, $"{finding.Benchmark} is {score.Score:0.##}{error}");
        return finding.Grade switch
        {
            CapabilityGrade.Meets => string.Create(culture, $"{found}, {finding.Minimum:0.##} is asked for"),
            CapabilityGrade.Equal => string.Create(
                culture,
                $"{found}, {finding.Shortfall:0.##} below the {finding.Minimum:0.##} asked for: within the error"
            ),
            _ => string.Create(
                culture,
                $"{found}, {finding.Shortfall:0.##} below the {finding.Minimum:0.##} asked for"
            ),
        };
    }
}
