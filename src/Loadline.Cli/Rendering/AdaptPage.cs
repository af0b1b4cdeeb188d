using Loadline.Planning;
using Loadline.Quantities;

namespace Loadline.Cli.Rendering;

internal static class AdaptPage
{
    private const double GiB = 1L << 30;

    public static void Render(Page page, AdaptationAnswer answer)
    {
        page.Headline(answer.Verdict);
        Run(page, answer);
        Memory(page, answer);
        Ladder(page, answer);
        if (answer.Prompt is { } prompt)
            Prompt(page, prompt);
        page.List("Why", answer.Reasons);
        page.List("When the answer changes", ChangeLines(answer));
        page.List("Not possible", answer.Options.Where(Excluded).Select(option => $"{option.Name}: {option.Why}."));
        if (answer.Options.FirstOrDefault(option => option.Method == answer.Recommended) is { } best)
        {
            page.List("Needs", best.Needs.Select(Sentence));
            page.List("Known of its quality", QualityLines(best));
            page.List("Risks", best.Risks.Select(Sentence));
        }
        page.List("Open questions", answer.OpenQuestions);
        page.List("Assumptions", answer.Assumptions);
        page.Line();
        page.Line(Figures.Legend);

        bool Excluded(AdaptationOption option) => !option.Feasible && answer.Options.Length > 1;
    }

    private static string Sentence(string text) => text + ".";

    private static IEnumerable<string> QualityLines(AdaptationOption best)
    {
        if (best.Quality is { } quality)
            yield return $"{quality.Finding} ({quality.Grade}: {quality.Source}).";
    }

    private static IEnumerable<string> ChangeLines(AdaptationAnswer answer)
    {
        if (answer.BreakEvenText is { } text)
            yield return Sentence(text);
        foreach (var option in answer.Options)
        {
            if (option.BreakEvenText is { } own && own != answer.BreakEvenText)
                yield return Sentence(own);
        }
    }

    private static void Run(Page page, AdaptationAnswer answer)
    {
        if (answer.Options is not [{ Hours: { Value: > 0 } hours } option])
            return;
        page.Facts(
            ("Hours", Figures.Of(hours)),
            ("Cost", option.CostUsd is { } usd ? $"{Figures.Dollars(usd)} USD for the machines" : "no price is known")
        );
    }

    /// <summary>One device: all are alike.</summary>
    private static void Memory(Page page, AdaptationAnswer answer)
    {
        if (answer.Options is not [{ PerDevice: [var device, ..] } option])
            return;
        page.Table(
            [option.PerDevice.Length == 1 ? "On the device" : $"On each of {option.PerDevice.Length} devices", ">GiB"],
            [
                .. device.Parts.Select(part => (IReadOnlyList<string>)[part.Name, Significant.Three(part.Bytes / GiB)]),
                ["at the peak", Figures.Of(device.PeakBytes, GiB)],
                ["free", Figures.Of(device.FreeBytes, GiB)],
                ["offered", Figures.GiB(device.CapacityBytes)],
            ]
        );
        if (option.TrainableParameters is { } trainable)
            page.Line($"{Figures.Exact(trainable)} parameters learn.");
    }

    private static void Ladder(Page page, AdaptationAnswer answer)
    {
        var shown = answer
            .Options.Where(option => option.ServingCostPerMonthUsd is not null && option.Feasible)
            .ToList();
        if (shown.Count == 0)
            return;
        var isLadder = shown.Any(option => option.CostOverHorizonUsd is not null);
        page.Table(
            isLadder ? ["Step", ">USD now", ">USD/month", ">USD in all"] : ["Step", ">USD/month"],
            shown.Select(option =>
                (IReadOnlyList<string>)(
                    isLadder
                        ?
                        [
                            $"{(option.Method == answer.Recommended ? "> " : "")}{option.Name}",
                            option.OneOffUsd is { } now ? Figures.Dollars(now) : "-",
                            Figures.Dollars(option.ServingCostPerMonthUsd!.Value),
                            option.CostOverHorizonUsd is { } all ? Figures.Dollars(all) : "-",
                        ]
                        : [option.Name, Figures.Dollars(option.ServingCostPerMonthUsd!.Value)]
                )
            )
        );
    }

    private static void Prompt(Page page, PromptEconomics prompt)
    {
        if (prompt.Hosted is { } hosted)
        {
            page.Table(
                ["Prompt", ">Tokens", ">USD/month", ">cached"],
                prompt
                    .Parts.Where(part => part.Tokens > 0)
                    .Select(part =>
                        (IReadOnlyList<string>)
                            [
                                part.Part,
                                Figures.Exact((long)Math.Round(part.Tokens)),
                                part.CostPerMonthUsd is { } whole ? Figures.Dollars(whole) : "-",
                                part.CachedCostPerMonthUsd is { } cached ? Figures.Dollars(cached) : "-",
                            ]
                    )
            );
            page.Line(
                $"{hosted.Api}: a cached token costs {(hosted.ReadShare is { } read ? $"{read:0.##}" : "no less than 1")} of a new one, writing {hosted.WriteShare:0.##}; {hosted.HitShare * 100:0} % of the requests come within the lifetime{(hosted.LifetimeSeconds is { } seconds ? $" of {seconds:0} s" : ", taken to be 300 s")}{(hosted.MinimumTokens is { } least ? $", from {least} tokens on" : "")}."
            );
        }
        if (prompt.OnMachines is { } machines)
            page.Facts(
                (
                    "Prefix",
                    $"{new ByteSize(machines.PrefixBytes)} once, {Figures.Of(machines.ShareOfCache, 0.01)} % of the cache of {machines.Hardware}"
                ),
                (
                    "First token",
                    $"{Figures.Time(machines.CachedTtftSeconds)} with it, {Figures.Time(machines.TtftSeconds)} without"
                ),
                (
                    "Carries",
                    $"{Figures.Of(machines.CachedRequestsPerSecond)} requests/s with it, {Figures.Of(machines.RequestsPerSecond)} without"
                )
            );
    }
}
