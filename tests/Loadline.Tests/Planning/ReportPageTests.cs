using System.Collections.Immutable;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Loadline.Planning;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class ReportPageTests
{
    private const int MostBytes = 400_000;
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";
    private static readonly XNamespace Html = "http://www.w3.org/1999/xhtml";

    /// <summary>A name that breaks out of text, of attributes and of lines, turns the reading direction, and is long.</summary>
    private static readonly string Hostile =
        "</title></style><script>alert(1)</script>\" onload='x' &amp; \u202Eשלום\u0000\u0007\uD800 ]]> --> "
        + new string('x', 5000);

    [Fact]
    public void The_page_is_well_formed_and_small()
    {
        foreach (var plan in (Plan[])[ReportPlans.Whole, ReportPlans.Bare, HostilePlan()])
        {
            var page = ReportPage.Html(plan);
            Parsed(page).Name.LocalName.ShouldBe("html");
            Encoding.UTF8.GetByteCount(page).ShouldBeLessThan(MostBytes);
        }
    }

    [Fact]
    public void The_page_asks_the_network_for_nothing_and_runs_nothing()
    {
        foreach (var plan in (Plan[])[ReportPlans.Whole, HostilePlan()])
        {
            var page = ReportPage.Html(plan);
            var root = Parsed(page);
            root.Descendants().ShouldNotContain(element => element.Name.LocalName == "script");
            root.Descendants().ShouldNotContain(element => element.Name.LocalName == "link");
            root.Descendants()
                .Attributes()
                .ShouldNotContain(attribute =>
                    attribute.Name.LocalName == "src"
                    || attribute.Name.LocalName == "href"
                    || attribute.Name.LocalName.StartsWith("on")
                );
            var style = root.Descendants(Html + "style").Single().Value;
            style.ShouldNotContain("url(");
            style.ShouldNotContain("@import");
            Parsed(page)
                .Descendants(Html + "meta")
                .Select(meta => (string?)meta.Attribute("content"))
                .ShouldContain("default-src 'none'; style-src 'unsafe-inline'");
        }
    }

    [Fact]
    public void A_source_with_an_address_stays_text()
    {
        var plan = ReportPlans.Whole with { Assumptions = ["Prices: https://example.org/prices?a=1&b=2"] };

        var root = Parsed(ReportPage.Html(plan));

        root.Descendants(Html + "li").ShouldContain(item => item.Value == "Prices: https://example.org/prices?a=1&b=2");
        root.Descendants(Html + "a").ShouldBeEmpty();
    }

    [Fact]
    public void Every_candidate_is_named()
    {
        var text = Parsed(ReportPage.Html(ReportPlans.Whole)).Value;

        foreach (var candidate in ReportPlans.Whole.Alternatives.Add(ReportPlans.Whole.Recommended!))
        {
            text.ShouldContain(candidate.Model);
            text.ShouldContain(candidate.Hardware);
            text.ShouldContain(candidate.Provider);
        }
    }

    [Fact]
    public void Every_picture_says_what_it_shows_and_has_its_values_below()
    {
        var root = Parsed(ReportPage.Html(ReportPlans.Whole));
        var figures = root.Descendants(Html + "figure").ToList();

        figures.Count.ShouldBe(8);
        foreach (var figure in figures)
        {
            var pictures = figure.Descendants(Svg + "svg").ToList();
            // One for a page, one for a phone.
            pictures.Count.ShouldBe(2);
            foreach (var picture in pictures)
            {
                ((string?)picture.Attribute("role")).ShouldBe("img");
                picture.Element(Svg + "title")!.Value.ShouldNotBeEmpty();
                picture.Element(Svg + "desc")!.Value.ShouldNotBeEmpty();
            }
            var below = figure.ElementsAfterSelf().First();
            below.Name.ShouldBe(Html + "details");
            below.Descendants(Html + "td").ShouldNotBeEmpty();
        }
        var ids = root.DescendantsAndSelf().Attributes("id").Select(id => id.Value).ToList();
        ids.ShouldBe(ids.Distinct());
    }

    [Fact]
    public void Pictures_have_finite_coordinates_whatever_the_plan_says()
    {
        foreach (var value in (double[])[double.NaN, double.PositiveInfinity, 0, -1, 1e300])
        {
            var page = ReportPage.Html(With(new Estimate(value, -value, double.PositiveInfinity, Evidence.Assumed)));
            foreach (
                var attribute in Parsed(page)
                    .Descendants()
                    .Where(element => element.Name.Namespace == Svg)
                    .Attributes()
                    .Where(attribute => attribute.Name.LocalName is not ("class" or "role" or "aria-labelledby"))
            )
            {
                attribute.Value.ShouldNotContain("NaN");
                attribute.Value.ShouldNotContain("Infinity");
                attribute.Value.ShouldNotContain("∞");
            }
        }
    }

    [Fact]
    public void Words_stay_inside_their_picture()
    {
        foreach (var plan in (Plan[])[ReportPlans.Whole, HostilePlan()])
        {
            foreach (var picture in Parsed(ReportPage.Html(plan)).Descendants(Svg + "svg"))
            {
                var width = double.Parse(((string)picture.Attribute("viewBox")!).Split(' ')[2]);
                foreach (var text in picture.Elements(Svg + "text"))
                {
                    var looks = ((string?)text.Attribute("class") ?? "").Split(' ');
                    var room = TextWidth.Of(text.Value, looks.Contains("t") ? 12 : 13);
                    var x = (double)text.Attribute("x")!;
                    var left =
                        looks.Contains("e") ? x - room
                        : looks.Contains("m") ? x - room / 2
                        : x;
                    // A tick label in the middle of the first or last tick may hang over by half of itself.
                    left.ShouldBeGreaterThan(-30, $"'{text.Value}' in {picture.Element(Svg + "title")!.Value}");
                    (left + room).ShouldBeLessThan(width + 30, $"'{text.Value}'");
                }
            }
        }
    }

    [Fact]
    public void A_section_that_has_nothing_to_say_is_not_there()
    {
        var whole = ReportPlans.Whole;
        Sections(whole)
            .ShouldBe([
                "verdict",
                "options",
                "cost",
                "capacity",
                "certainty",
                "memory",
                "quality",
                "roadmap",
                "what-if",
                "basis",
            ]);
        Sections(ReportPlans.Bare).ShouldBe(["verdict", "capacity"]);
        Missing(whole with { Recommended = null, Alternatives = [], Pareto = [], CostOverTime = null })
            .ShouldBe(["options", "cost", "memory"]);
        Missing(whole with { CostOverTime = null, Recommended = whole.Recommended! with { CostLines = [] } })
            .ShouldBe(["cost"]);
        Missing(whole with { Sizing = null, LowerBounds = [] }).ShouldBe(["certainty"]);
        Missing(whole with { Recommended = whole.Recommended! with { PerDevice = [] } }).ShouldBe(["memory"]);
        Missing(whole with { QualityPoints = [] }).ShouldBe(["quality"]);
        Missing(whole with { Roadmap = [] }).ShouldBe(["roadmap"]);
        Missing(whole with { Sensitivity = [], MarginalValues = [], Optimisations = [] }).ShouldBe(["what-if"]);
    }

    [Fact]
    public void Arrays_without_a_value_are_empty_ones()
    {
        var plan = ReportPlans.Bare with
        {
            Alternatives = default,
            Pareto = default,
            Rejected = default,
            Roadmap = default,
            Reasons = default,
            Assumptions = default,
            OpenQuestions = default,
            LowerBounds = default,
            MarginalValues = default,
            Sensitivity = default,
            Optimisations = default,
            QualityPoints = default,
            Relaxations = default,
        };

        ReportPage.Html(plan).ShouldBe(ReportPage.Html(ReportPlans.Bare));
        ReportText.Markdown(plan).ShouldBe(ReportText.Markdown(ReportPlans.Bare));
        ReportTable.Csv(plan).ShouldBe(ReportTable.Csv(ReportPlans.Bare));
    }

    [Fact]
    public void What_nobody_measured_is_said()
    {
        var api = ReportPlans.Whole.Alternatives.Single(candidate => candidate.Way == Way.Api);
        var plan = ReportPlans.Whole with { Recommended = api };

        var page = Parsed(ReportPage.Html(plan)).Value;

        page.ShouldContain("not measured");
        page.ShouldContain("How long people wait was not measured for this option.");
    }

    [Fact]
    public void Headings_say_what_was_found()
    {
        var headings = Parsed(ReportPage.Html(ReportPlans.Whole))
            .Descendants(Html + "h2")
            .Select(heading => heading.Value)
            .ToList();

        // Rent is 2,480 x month, purchase 31,400 + 830 x month: equal at 31,400 / 1,650 = 19.03.
        headings.ShouldContain("Renting stays cheaper until month 19, then buying");
        // 7,440 for three machines less 2,480 for one.
        headings.ShouldContain("99 % certainty instead of 90 % costs 4,960 USD/month more");
        // 32 of 61 GiB.
        headings.ShouldContain("fp8 takes 52 % of the memory of bf16 and loses 0.400 % (0-1.20) of a task score");
        // 0.71 over 0.4 requests/s.
        headings.ShouldContain("It carries 0.710 requests/s, 1.78 times the busiest hour");
        headings.ShouldContain("One of 3 uncertain inputs would change the choice");
    }

    [Fact]
    public void Each_word_of_the_field_is_explained_once()
    {
        var terms = Parsed(ReportPage.Html(ReportPlans.Whole))
            .Descendants(Html + "dfn")
            .Select(term => term.Value)
            .ToList();

        terms.ShouldBe(terms.Distinct());
        terms.ShouldContain("Replica");
        terms.ShouldContain("TTFT, time to first token");
        terms.ShouldContain("Tensor parallel");
        terms.ShouldContain("Cache");
        terms.ShouldContain("Format");
        terms.ShouldContain("p50, p90, p95, p99");
    }

    [Fact]
    public void The_same_plan_is_the_same_page()
    {
        ReportPage.Html(ReportPlans.Whole).ShouldBe(ReportPage.Html(ReportPlans.Whole with { }));
        ReportPage.Html(ReportPlans.Whole).ShouldNotContain("\r");
    }

    private static IEnumerable<string> Sections(Plan plan) =>
        Parsed(ReportPage.Html(plan)).Descendants(Html + "section").Select(section => section.Attribute("id")!.Value);

    private static IEnumerable<string> Missing(Plan plan) => Sections(ReportPlans.Whole).Except(Sections(plan));

    private static XElement Parsed(string page)
    {
        using var text = new StringReader(page);
        using var reader = XmlReader.Create(text, new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader).Root!;
    }

    private static Plan HostilePlan()
    {
        var whole = ReportPlans.Whole;
        var candidate = whole.Recommended! with
        {
            Model = Hostile,
            WeightFormat = Hostile,
            KvFormat = Hostile,
            Engine = Hostile,
            Hardware = Hostile,
            Offer = Hostile,
            Provider = Hostile,
            Region = Hostile,
            Terms = Hostile,
            BindingConstraint = Hostile,
            Conditions = [Hostile],
            PerDevice = [whole.Recommended!.PerDevice[0] with { Device = Hostile }],
            CostLines = [new CostLine(Hostile, Estimate.Exact(1), Hostile)],
        };
        ImmutableArray<string> many = [.. Enumerable.Repeat(Hostile, 500)];
        return whole with
        {
            Name = Hostile,
            Verdict = Hostile,
            Recommended = candidate,
            Alternatives = [.. Enumerable.Range(1, 30).Select(machines => candidate with { Machines = machines })],
            Reasons = many,
            Assumptions = many,
            OpenQuestions = many,
            Relaxations = many,
            Rejected = [.. many.Select(text => new Rejection(text, RejectionKind.Price, text))],
            Roadmap = [.. whole.Roadmap.Select(stage => stage with { Trigger = Hostile, Action = Hostile })],
            QualityPoints =
            [
                .. whole.QualityPoints.Select(point => point with { WeightFormat = Hostile, Warning = Hostile }),
            ],
            Sensitivity = [new SensitivityCase(Hostile, Hostile, Hostile, Hostile, Hostile, 1, 2, true)],
        };
    }

    private static Plan With(Estimate estimate)
    {
        var whole = ReportPlans.Whole;
        Candidate Changed(Candidate candidate) =>
            candidate with
            {
                CostPerMonthUsd = estimate,
                CapitalUsd = estimate,
                TtftSeconds = estimate,
                TpotSeconds = estimate,
                EndToEndSeconds = estimate,
                QualityLoss = estimate,
                PerDevice =
                [
                    .. candidate.PerDevice.Select(device =>
                        device with
                        {
                            ActivationBytes = estimate,
                            FreeBytes = estimate,
                        }
                    ),
                ],
            };
        return whole with
        {
            Recommended = Changed(whole.Recommended!),
            Alternatives = [.. whole.Alternatives.Select(Changed), whole.Alternatives[0]],
            Roadmap =
            [
                .. whole.Roadmap.Select(stage =>
                    stage with
                    {
                        CostPerMonthUsd = estimate,
                        MonthsAtBaseGrowth = estimate.Value,
                    }
                ),
            ],
            QualityPoints =
            [
                .. whole.QualityPoints.Select(point => point with { QualityLoss = estimate, TpotSeconds = estimate }),
            ],
            CostOverTime = whole.CostOverTime! with
            {
                Series =
                [
                    .. whole.CostOverTime.Series.Select(series =>
                        series with
                        {
                            CumulativeUsd = series.CumulativeUsd.SetItem(7, estimate),
                        }
                    ),
                ],
                BreakEvens = [whole.CostOverTime.BreakEvens[0] with { Month = estimate.Value }],
            },
            Sizing = whole.Sizing! with { Inputs = [new("a", estimate.Value, 1, 0, ""), new("b", 0.5, 1, 0, "")] },
        };
    }
}
