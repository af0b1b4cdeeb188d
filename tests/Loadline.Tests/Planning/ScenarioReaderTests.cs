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
                    scenario.Budget.HorizonMonths.ShouldBe(months);
                    scenario.Budget.MaximumMonthly!.Value.Usd.ShouldBe(people);
                }
            );

    [Fact]
    public void Every_field_of_the_contract_is_read()
    {
        var scenario = Read(
            """
            {
              "name": "Support assistant",
              "task": "customer-support",
              "workload": {
                "people": 400, "activeAtPeak": "30 %", "requestsPerActiveUserPerHour": 12, "hours": "Mon-Fri 08-18",
                "outsideHours": "0 %", "promptTokens": { "mean": 1800, "p95": 4000 }, "sharedPrefixTokens": 1200,
                "outputTokens": { "mean": 250, "p95": 600 }, "growthPerYear": { "low": 1.2, "base": 1.6, "high": 2.5 }
              },
              "objectives": {
                "ttft": { "p95": "1.5 s" }, "tpot": { "p95": "50 ms" }, "endToEnd": { "p95": "15 s" },
                "availability": "99.9 %", "confidence": "90 %"
              },
              "models": {
                "candidates": ["meta-llama/Llama-3.1-8B-Instruct"], "minimumCapability": { "ifbench": 40 },
                "maximumQualityLoss": "2 %"
              },
              "deployment": {
                "allow": ["api", "rent", "buy"], "data": "personal-eu", "regions": ["EU"], "contracts": ["mistral"],
                "current": { "hardware": "2x rtx-4090", "engine": "vllm@0.22" }, "planAhead": "6 months",
                "maximumPower": "20 kW", "terms": ["on-demand"]
              },
              "budget": {
                "horizon": "3 years", "maximumMonthly": "8000 USD", "maximumCapital": "100000 USD",
                "electricity": "0.22 USD/kWh", "operators": { "fte": 0.5, "costPerYear": "90000 USD" },
                "quotes": [{ "provider": "nebius", "accelerator": "h100-sxm", "count": 8, "perHour": "18 USD" }]
              }
            }
            """
        );

        scenario.Workload.MeanShare.ShouldBe(50.0 / 168, 1e-12);
        scenario.Workload.GrowthPerYear.ShouldBe(new PlanningRange(1.2, 1.6, 2.5));
        scenario.Objectives.Availability!.Value.ShouldBe(0.999, 1e-12);
        scenario.Models.MinimumCapability["ifbench"].ShouldBe(40);
        scenario.Models.MaximumQualityLoss.ShouldBe(0.02);
        scenario.Deployment.Data!.Id.ShouldBe("personal-eu");
        scenario.Deployment.Regions.ShouldBe(["EU"]);
        scenario.Deployment.Contracts.ShouldBe(["mistral"]);
        scenario.Deployment.Current!.Accelerator.Id.ShouldBe("nvidia-rtx-4090-24gb");
        scenario.Deployment.Current.Count.ShouldBe(2);
        scenario.Deployment.PlanAheadMonths.ShouldBe(6);
        scenario.Deployment.MaximumKilowatts.ShouldBe(20);
        scenario.Deployment.Terms.ShouldBe([RentalTerms.OnDemand]);
        scenario.Budget.HorizonMonths.ShouldBe(36);
        scenario.Budget.MaximumCapital!.Value.Usd.ShouldBe(100_000);
        scenario.Budget.ElectricityPerKilowattHour.ShouldBe(PlanningRange.Single(0.22));
        scenario.Budget.OperatorFte.ShouldBe(0.5);
        scenario.Budget.Quotes.Single().Accelerator.ShouldBe("nvidia-h100-sxm-80gb");
    }

    [Theory]
    [InlineData("""{ "workload": { "people": 4 }, "deployment": { "regions": ["mars"] } }""", "$.deployment.regions")]
    [InlineData("""{ "workload": { "people": 4 }, "deployment": { "data": "top-secret" } }""", "$.deployment.data")]
    [InlineData(
        """{ "workload": { "people": 4 }, "deployment": { "contracts": ["nobody"] } }""",
        "$.deployment.contracts"
    )]
    [InlineData("""{ "workload": { "people": 4, "requestsPerSecond": 3 } }""", "$.workload.people")]
    [InlineData("""{ "workload": { "requestsPerSecond": 3, "activeAtPeak": "30 %" } }""", "$.workload.activeAtPeak")]
    [InlineData(
        """{ "workload": { "people": 4 }, "objectives": { "ttft": { "p95": "9 s" }, "endToEnd": { "p95": "3 s" } } }""",
        "$.objectives.ttft"
    )]
    [InlineData(
        """{ "workload": { "people": 4 }, "objectives": { "availability": "100 %" } }""",
        "$.objectives.availability"
    )]
    [InlineData(
        """{ "workload": { "people": 4 }, "budget": { "electricity": "0.22 EUR/kWh" } }""",
        "$.budget.electricity"
    )]
    [InlineData(
        """{ "workload": { "people": 4 }, "budget": { "quotes": [{ "provider": "x", "accelerator": "h100-sxm" }] } }""",
        "$.budget.quotes[0].perHour"
    )]
    [InlineData(
        """{ "workload": { "people": 4 }, "budget": { "quotes": [{ "provider": "x", "accelerator": "h-none", "perHour": "1 USD" }] } }""",
        "$.budget.quotes[0].accelerator"
    )]
    [InlineData("""{ "workload": { "people": 4 }, "workloads": [{ "name": "a", "people": 4 }] }""", "$.workloads")]
    [InlineData("""{ "workload": { "people": 4 }, "deployment": { "terms": [] } }""", "$.deployment.terms")]
    [InlineData("""{ "workload": { "people": 4 }, "deployment": { "engines": [] } }""", "$.deployment.engines")]
    [InlineData("""{ "workload": { "people": 4 }, "models": { "weightFormats": [] } }""", "$.models.weightFormats")]
    [InlineData(
        """{ "workload": { "people": 4 }, "models": { "minimumCapability": { "nobench": 3 } } }""",
        "$.models.minimumCapability.nobench"
    )]
    [InlineData(
        """{ "workload": { "people": 4 }, "deployment": { "apiLatencies": [{ "api": "no/thing", "ttft": "1 s" }] } }""",
        "$.deployment.apiLatencies[0].api"
    )]
    [InlineData(
        """{ "workload": { "people": 4 }, "deployment": { "apiLatencies": [{ "api": "openai/gpt-5.6-luna" }] } }""",
        "$.deployment.apiLatencies[0].ttft"
    )]
    [InlineData(
        """{ "workload": { "people": 4 }, "budget": { "quotes": [{ "provider": "x", "api": "no/thing", "promptPerMillionTokens": "1 USD", "outputPerMillionTokens": "1 USD" }] } }""",
        "$.budget.quotes[0].api"
    )]
    [InlineData(
        """{ "workload": { "people": 4 }, "budget": { "quotes": [{ "provider": "x", "api": "openai/gpt-5.6-luna", "promptPerMillionTokens": "1 USD", "outputPerMillionTokens": "1 USD" }] } }""",
        "$.budget.quotes[0].provider"
    )]
    [InlineData(
        """{ "workload": { "people": 4 }, "budget": { "maximumMonthly": "1000000000000000000 USD" } }""",
        "$.budget.maximumMonthly"
    )]
    [InlineData(
        """{ "workload": { "people": 4 }, "budget": { "maximumMonthly": "0 USD" } }""",
        "$.budget.maximumMonthly"
    )]
    [InlineData(
        """{ "workload": { "people": 4, "growthPerYear": 1000 }, "budget": { "horizon": "240 months" } }""",
        "$.workload.growthPerYear"
    )]
    [InlineData("""{ "workloads": [{ "people": 4 }] }""", "$.workloads[0].name")]
    public void What_contradicts_itself_or_is_not_known_is_refused_with_its_place(string text, string place) =>
        Should.Throw<BadContentException>(() => Read(text)).Place.ShouldBe(place);

    [Fact]
    public void No_money_at_once_is_a_limit_like_any_other() =>
        Read("""{ "workload": { "people": 4 }, "budget": { "maximumCapital": "0 USD" } }""")
            .Budget.MaximumCapital!.Value.Usd.ShouldBe(0);

    /// <summary>Little's law: 10 in flight for 1 s and 99 tokens of 50 ms each, 5.95 s in all, are 1.68 a second.</summary>
    [Fact]
    public void Requests_in_flight_become_a_rate_by_the_time_they_may_take() =>
        Read(
            """
            {
              "workload": { "concurrency": 10, "outputTokens": { "mean": 100, "p95": 200 } },
              "objectives": { "ttft": { "p95": "1 s" }, "tpot": { "p95": "50 ms" } }
            }
            """
        )
            .Workload.PeakRate.ShouldBe(10 / (1 + 99 * 0.05), 1e-9);

    [Fact]
    public void Requests_a_day_are_spread_over_the_hours() =>
        Read("""{ "workload": { "requestsPerDay": 28800, "hours": "Mon-Sun 22-06" } }""")
            .Workload.PeakRate.ShouldBe(1, 1e-12);

    [Fact]
    public void Workloads_that_peak_at_different_hours_do_not_add_their_peaks()
    {
        var both = Read(
            """
            {
              "workloads": [
                { "name": "day", "requestsPerSecond": 3, "hours": "Mon-Sun 08-20", "outsideHours": "0 %" },
                { "name": "night", "requestsPerSecond": 2, "hours": "Mon-Sun 20-08", "outsideHours": "0 %" }
              ]
            }
            """
        );

        both.Workload.PeakRate.ShouldBe(3, 1e-12);
        Demand.Of(both).MeanRequestsPerSecond.Value.ShouldBe(2.5, 1e-9);
    }

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
    [InlineData("Mon-Fri 18-08", 70)]
    [InlineData("Mon-Fri 08-18, Sat 9-12", 53)]
    public void Hours_of_a_week_are_days_times_hours(string text, double expected) =>
        Read($$"""{ "workload": { "people": 4, "hours": "{{text}}" } }""")
            .Workload.Hours.HoursPerWeek.ShouldBe((int)expected);

    [Theory]
    [InlineData("Fri-Mon 08-18")]
    [InlineData("Mon-Fri 08-08")]
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
        return new ScenarioReader(Deployments.Catalog).Read("test.json", document.RootElement);
    }
}
