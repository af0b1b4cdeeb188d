using System.Globalization;
using System.Text.Json.Nodes;

namespace Loadline.Cli.Commands;

/// <summary>An answer of <c>plan --json</c> given back: the scenario in it is planned again.</summary>
internal static class PlanRecordFile
{
    /// <summary>Null when the document is a scenario itself.</summary>
    public static (JsonObject Scenario, DateOnly? Start)? ScenarioOf(JsonObject document) =>
        document["record"] is JsonObject record && record["scenario"] is JsonObject scenario
            ? (
                (JsonObject)scenario.DeepClone(),
                record["start"] is JsonValue start
                && start.TryGetValue<string>(out var text)
                && DateOnly.TryParseExact(
                    text,
                    "yyyy-MM-dd",
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.None,
                    out var day
                )
                    ? day
                    : null
            )
            : null;
}
