using System.CommandLine;

namespace Loadline.Cli.Commands;

/// <summary>The options of speculative decoding.</summary>
internal sealed class SpeculationOptions
{
    private readonly Option<int> draftTokens = new("--draft-tokens")
    {
        Description = "Tokens drafted per step by --draft or the model's own layer for it (default 0)",
        HelpName = "N",
    };
    private readonly Option<double?> acceptance = DecimalOption.Of(
        "--acceptance",
        "Probability that a draft is accepted when those before it were",
        "P"
    );

    public void AddTo(Command command)
    {
        command.Options.Add(draftTokens);
        command.Options.Add(acceptance);
    }

    public int DraftTokens(ParseResult parsed)
    {
        var tokens = parsed.GetValue(draftTokens);
        OtherOption.RefuseWithout(parsed, acceptance, tokens > 0, draftTokens.Name);
        if (tokens > 0 && parsed.GetValue(acceptance) is null)
            throw new BadContentException(draftTokens.Name, "", "no --acceptance", "how often drafts are accepted");
        return tokens;
    }

    public double Acceptance(ParseResult parsed) => parsed.GetValue(acceptance) ?? 0;
}
