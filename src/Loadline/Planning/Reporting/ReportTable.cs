using System.Globalization;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>The options of a plan as comma-separated values, for a spreadsheet.</summary>
/// <remarks>RFC 4180 with line feeds. Units are in the names of the columns; an unknown figure is an empty field.</remarks>
public static class ReportTable
{
    private static readonly string[] Texts =
    [
        "option",
        "recommended",
        "way",
        "terms",
        "model",
        "weightFormat",
        "kvFormat",
        "engine",
        "hardware",
        "offer",
        "provider",
        "region",
        "machines",
        "replicas",
        "spareReplicas",
        "tensor",
        "pipeline",
        "expert",
        "data",
    ];

    private static readonly (string Name, Func<Candidate, Estimate?> Of)[] Estimates =
    [
        ("costPerMonthUsd", candidate => candidate.CostPerMonthUsd),
        ("costOverHorizonUsd", candidate => candidate.CostOverHorizonUsd),
        ("capitalUsd", candidate => candidate.CapitalUsd),
        ("costPerMillionTokensUsd", candidate => candidate.CostPerMillionTokensUsd),
        ("costPerRequestUsd", candidate => candidate.CostPerRequestUsd),
        ("ttftSeconds", candidate => candidate.TtftSeconds),
        ("tpotSeconds", candidate => candidate.TpotSeconds),
        ("endToEndSeconds", candidate => candidate.EndToEndSeconds),
        ("requestsInFlight", candidate => candidate.RequestsInFlight),
        ("qualityLoss", candidate => candidate.QualityLoss),
    ];

    private static readonly string[] Rest =
    [
        "maximumRequestsPerSecond",
        "confidence",
        "powerKilowatts",
        "bindingConstraint",
        "priceAsOf",
    ];

    public static string Csv(Plan plan)
    {
        var headings = Texts
            .Concat(
                Estimates.SelectMany(estimate =>
                    (string[])[estimate.Name, $"{estimate.Name}Low", $"{estimate.Name}High", $"{estimate.Name}Evidence"]
                )
            )
            .Concat(Rest);
        var rows = ShownOption.AllOf(plan, int.MaxValue).Select(option => string.Join(',', Row(option)));
        return string.Concat(rows.Prepend(string.Join(',', headings)).Select(row => row + "\n"));
    }

    private static IEnumerable<string> Row(ShownOption option)
    {
        var candidate = option.Candidate;
        var degrees = candidate.Parallelism;
        return
        [
            Number(option.Number),
            option.IsRecommended ? "true" : "false",
            Text(char.ToLowerInvariant($"{candidate.Way}"[0]) + $"{candidate.Way}"[1..]),
            Text(candidate.Terms),
            Text(candidate.Model),
            Text(candidate.WeightFormat),
            Text(candidate.KvFormat),
            Text(candidate.Engine),
            Text(candidate.Hardware),
            Text(candidate.Offer),
            Text(candidate.Provider),
            Text(candidate.Region),
            Number(candidate.Machines),
            Number(candidate.Replicas),
            Number(candidate.SpareReplicas),
            Number(degrees.Tensor),
            Number(degrees.Pipeline),
            Number(degrees.Expert),
            Number(degrees.Data),
            .. Estimates.SelectMany(estimate => Fields(estimate.Of(candidate))),
            Number(candidate.MaximumRequestsPerSecond),
            Number(candidate.Confidence),
            Number(candidate.PowerKilowatts),
            Text(candidate.BindingConstraint),
            Text(candidate.PriceAsOf),
        ];
    }

    private static string[] Fields(Estimate? estimate) =>
        estimate is { } known
            ? [Number(known.Value), Number(known.Low), Number(known.High), $"{known.Evidence}".ToLowerInvariant()]
            : ["", "", "", ""];

    private static string Number(double? value) =>
        value is { } known && double.IsFinite(known) ? known.ToString("R", CultureInfo.InvariantCulture) : "";

    /// <summary>Quoted where it must be. A spreadsheet would run a field that starts like a formula.</summary>
    private static string Text(string? value)
    {
        var text = (value ?? "").ReplaceLineEndings(" ");
        if (text.TrimStart() is ['=' or '+' or '-' or '@', ..] || text.StartsWith('\t'))
            text = $"'{text}";
        return text.AsSpan().IndexOfAny(",\"\r") >= 0 ? $"\"{text.Replace("\"", "\"\"")}\"" : text;
    }
}
