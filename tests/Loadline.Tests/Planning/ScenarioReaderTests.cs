using System.Globalization;
using System.Text.Json;
using CsCheck;
using Loadline.Planning;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class ScenarioReaderTests
{
    [Fact]
    public void What_is_written_is_what_is_read() =>
        Gen.Select(
                Gen.Long[1, 900_000_000],
                Gen.Int[1, 100],
                Gen.Int[1, 3600],
                Gen.Int[1, 100_000],
                Gen.Double[1, 3.8],
                Gen.Int[1, 60_000],
                Gen.Int[1, 99],
                Gen.Int[1, 240]
            )
            .Sample(
                (people, percent, perHour, prompt, ratio, milliseconds, confidence, months) =>
                {
                    var p95 = Math.Floor(prompt * ratio);
                    var text = string.Create(
                        CultureInfo.InvariantCulture,
                        $$"""
                        {
                          "workload": {
                            "people": {{people}}, "activeAtPeak": "{{percent}} %", "requestsPerActiveUserPerHour": "{{perHour}}",
                            "promptTokens": { "mean": {{prompt}}, "p95": {{p95}} }
                          },
                          "objectives": { "ttft": { "p90": "{{milliseconds}} ms" }, "confidence": "{{confidence}} %" },
                          "budget": { "horizon": "{{months}} months", "maximumMonthly": "{{people}} USD" }
                        }
                        """
                    );

                    var scenario = Read(text);

                    scenario.Workload.People.ShouldBe(people);
                    scenario.Workload.ActiveAtPeak!.Value.ShouldBe(percent / 100.0, 1e-12);
                    scenario.Workload.RequestsPerActiveUserPerHour.ShouldBe(perHour);
                    scenario.Workload.PromptTokens.Mean.ShouldBe(prompt);
                    scenario.Workload.PromptTokens.P95.ShouldBe(p95);
                    scenario.Objectives.Ttft!.Value.Probability.ShouldBe(0.9);
                    scenario.Objectives.Ttft.Value.Limit.Seconds.ShouldBe(milliseconds / 1e3, 1e-9);
                    scenario.Objectives.Confidence.ShouldBe(confidence / 100.0, 1e-12);
                    scenario.HorizonMonths.ShouldBe(months);
                    scenario.MaximumMonthly!.Value.Usd.ShouldBe(people);
                }
            );

    [Theory]
    [InlineData("""{ "workload": { "people": 4, "concurrency": 3 } }""", "workload.concurrency")]
    [InlineData("""{ "workload": { "people": 4, "trace": "x.csv" } }""", "workload.trace")]
    [InlineData("""{ "workload": { "people": 4 }, "objectives": { "availability": "99.9 %" } }""", "availability")]
    [InlineData("""{ "workload": { "people": 4 }, "models": { "minimumCapability": { "x": 1 } } }""", "Capability")]
    [InlineData("""{ "workload": { "people": 4 }, "deployment": { "current": { "engine": "vllm" } } }""", "current")]
    [InlineData("""{ "workload": { "people": 4 }, "deployment": { "allow": ["rent", "buy"] } }""", "purchase")]
    [InlineData("""{ "workload": { "people": 4 }, "budget": { "electricity": "0.22 USD/kWh" } }""", "electricity")]
    [InlineData("""{ "workload": { "people": 4 }, "budget": { "quotes": [] } }""", "budget.quotes")]
    public void A_field_that_is_not_honoured_yet_stands_in_the_assumptions(string text, string words) =>
        Read(text).Assumptions.ShouldContain(assumption => assumption.Contains(words));

    [Theory]
    [InlineData("Confidence: 90 %")]
    [InlineData("Horizon: 36 months")]
    [InlineData("Hours: ")]
    [InlineData("promptTokens: ")]
    [InlineData("outputTokens: ")]
    [InlineData("No growth")]
    [InlineData("No class of data")]
    [InlineData("No way of deploying")]
    [InlineData("Candidate models: ")]
    [InlineData("Time to first token")]
    [InlineData("Time per output token p95")]
    public void Every_default_stands_in_the_assumptions(string words) =>
        Read("""{ "workload": { "people": 4 } }""")
            .Assumptions.ShouldContain(assumption => assumption.StartsWith(words));

    [Theory]
    [InlineData("Mon-Fri 08-18", 50)]
    [InlineData("Mon-Sun 00-24", 168)]
    [InlineData("24/7", 168)]
    [InlineData("Sat 9-12", 3)]
    public void Hours_of_a_week_are_days_times_hours(string text, double expected) =>
        Read($$"""{ "workload": { "people": 4, "hours": "{{text}}" } }""")
            .Workload.Hours.HoursPerWeek.ShouldBe(expected);

    [Theory]
    [InlineData("Fri-Mon 08-18")]
    [InlineData("Mon-Fri 18-08")]
    [InlineData("Mon-Fri 8:30-17")]
    [InlineData("Mon-Fri 08-25")]
    [InlineData("Mon-Fri-Sun 08-18")]
    [InlineData("Mon-Fri")]
    public void Hours_that_are_none_are_refused(string text) =>
        Should
            .Throw<BadContentException>(() => Read($$"""{ "workload": { "people": 4, "hours": "{{text}}" } }"""))
            .Place.ShouldBe("$.workload.hours");

    private static Scenario Read(string text)
    {
        using var document = JsonDocument.Parse(text);
        return new ScenarioReader(Deployments.Catalog.Tasks.Find).Read("test.json", document.RootElement);
    }
}
