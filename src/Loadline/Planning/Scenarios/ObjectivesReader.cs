using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Reads how long people may wait and how sure the plan must be.</summary>
internal static class ObjectivesReader
{
    private const double DefaultConfidence = 0.9;

    private static readonly (string Field, double Probability)[] Percentiles =
    [
        ("p50", 0.5),
        ("p90", 0.9),
        ("p95", 0.95),
        ("p99", 0.99),
    ];

    public static Objectives Read(ScenarioNode? node, ReadingNotes notes)
    {
        var preset = notes.Preset;
        var ttft = ReadObjective(node, "ttft");
        var tpot = ReadObjective(node, "tpot");
        var endToEnd = ReadObjective(node, "endToEnd");
        var availability = node?.Share("availability");
        var confidence = node?.Share("confidence");
        if (ttft is null && tpot is null && endToEnd is null)
        {
            ttft = Preset(preset.TtftP95);
            tpot = Preset(preset.TpotP95);
            notes.Ask("How long may people wait for the answer to begin? (whoever owns the service)");
        }
        if (ttft is not null && tpot is null && endToEnd is null)
            tpot = Preset(preset.TpotP95);
        if (tpot is not null && node?.Has("tpot") != true)
            notes.Assume($"Time per output token p95 at most {preset.TpotP95} ({preset.Name} preset).");
        if (ttft is not null && node?.Has("ttft") != true)
            notes.Assume($"Time to first token p95 at most {preset.TtftP95} ({preset.Name} preset).");
        if (availability is >= 1)
            throw node!.Wrong("availability", "a share below 100 %: everything fails at times");
        if (availability is null)
            notes.Assume("No availability is asked: no spare machine is planned.");
        if (confidence is >= 1)
            throw node!.Wrong("confidence", "a share below 100 %: no prediction is certain");
        if (confidence is null)
            notes.Assume($"Confidence: {DefaultConfidence * 100:0} %, as none is given.");
        if (
            ttft is { } first
            && endToEnd is { } whole
            && first.Probability <= whole.Probability
            && first.Limit > whole.Limit
        )
            throw node!.Wrong(
                "ttft",
                $"no more than endToEnd {whole.Percentile}, {whole.Limit}: an answer cannot end before it begins"
            );
        node?.RefuseUnknownFields();
        return new Objectives
        {
            Ttft = ttft,
            Tpot = tpot,
            EndToEnd = endToEnd,
            Availability = availability,
            Confidence = confidence ?? DefaultConfidence,
        };

        static LatencyObjective Preset(string text) =>
            new(0.95, Duration.TryParse(text, out var limit) ? limit : throw new FormatException(text));
    }

    private static LatencyObjective? ReadObjective(ScenarioNode? parent, string name)
    {
        const string Expected = "a percentile with a limit, such as p95: 1.5 s";
        if (parent?.Section(name, Expected) is not { } node)
            return null;
        LatencyObjective? objective = null;
        foreach (var (field, probability) in Percentiles)
        {
            if (node.Duration(field) is not { } limit)
                continue;
            if (objective is not null)
                throw parent.Wrong(name, "one percentile with its limit, not several");
            objective = new LatencyObjective(probability, limit);
        }
        node.RefuseUnknownFields();
        return objective ?? throw parent.Wrong(name, Expected);
    }
}
