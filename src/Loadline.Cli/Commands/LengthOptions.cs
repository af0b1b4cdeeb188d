using System.CommandLine;
using Loadline.Simulation;

namespace Loadline.Cli.Commands;

/// <summary>The options that say how long prompts and answers are, and what prompts share.</summary>
internal sealed class LengthOptions
{
    private const int MostTokens = 100_000_000;

    private readonly Option<int?> prompt = New("--prompt", "Tokens of a prompt, mean");
    private readonly Option<int?> promptP95 = New(
        "--prompt-p95",
        "Tokens that 95 % of prompts stay below (default: all alike)"
    );
    private readonly Option<int?> output = New("--output", "Tokens of an answer, mean");
    private readonly Option<int?> outputP95 = New(
        "--output-p95",
        "Tokens that 95 % of answers stay below (default: all alike)"
    );
    private readonly Option<string?> lengthsFrom = new("--lengths-from")
    {
        Description = "A trace from which lengths are drawn, prompt and answer together, instead of the four above",
        HelpName = "FILE",
    };
    private readonly Option<int?> prefix = New(
        "--shared-prefix",
        "Tokens of --prompt that are the same in all requests of a group: a system prompt (default 0)"
    );
    private readonly Option<int?> groups = New("--prefix-groups", "Different shared prefixes (default 1)");

    /// <summary>All that a trace says itself.</summary>
    public Option[] All => [prompt, promptP95, output, outputP95, lengthsFrom, prefix, groups];

    public void AddTo(Command command)
    {
        foreach (var option in All)
            command.Options.Add(option);
    }

    public RequestedLengths Read(ParseResult parsed)
    {
        if (parsed.GetValue(lengthsFrom) is { } file)
        {
            foreach (var option in (Option[])[prompt, promptP95, output, outputP95, prefix])
                OtherOption.RefuseBeside(parsed, option, lengthsFrom);
            var arrivals = TraceFile.Read(file).Arrivals;
            var summary = TraceSummary.Of(arrivals);
            return new RequestedLengths(
                new RequestLengths.Resampled(arrivals),
                $"prompts of {summary.Prompt.Mean:N0} tokens and answers of {summary.Output.Mean:N0} on average, drawn from {Path.GetFileName(file)}"
            );
        }
        OtherOption.RefuseWithout(parsed, groups, parsed.GetValue(prefix) > 0, prefix.Name);
        var shared = Shared(parsed);
        var message = Sampler(parsed, prompt, promptP95, shared);
        var answer = Sampler(parsed, output, outputP95, 0);
        var areAlike = message is LengthSampler.Constant && answer is LengthSampler.Constant;
        return new RequestedLengths(
            new RequestLengths.Independent(message, answer),
            $"prompts of {Tokens(parsed, prompt):N0} tokens and answers of {Tokens(parsed, output):N0}{(areAlike ? "" : " on average")}"
        )
        {
            Message = message,
            Answer = answer,
            MeanPrompt = Tokens(parsed, prompt),
            MeanAnswer = Tokens(parsed, output),
            Prefix = shared > 0 ? new SharedPrefix(shared, Groups(parsed)) : null,
        };
    }

    private static LengthSampler Sampler(ParseResult parsed, Option<int?> mean, Option<int?> p95, int shared)
    {
        var tokens = Tokens(parsed, mean) - shared;
        if (parsed.GetValue(p95) is not { } high)
            return new LengthSampler.Constant(tokens);
        high -= shared;
        var most = TokenLengths.LargestRatio * tokens;
        return high >= tokens && high <= most
            ? new LengthSampler.LogNormal(new TokenLengths(tokens, high))
            : throw new BadContentException(
                p95.Name,
                "",
                $"{high + shared}",
                $"{tokens + shared} to {Math.Floor(most) + shared:F0}, the mean to what a log-normal distribution can have"
            );
    }

    private static int Tokens(ParseResult parsed, Option<int?> option)
    {
        var tokens =
            parsed.GetValue(option)
            ?? throw new BadContentException(option.Name, "", "nothing", "tokens, --lengths-from or --trace");
        return tokens is >= 1 and <= MostTokens
            ? tokens
            : throw new BadContentException(option.Name, "", $"{tokens}", $"1 to {MostTokens} tokens");
    }

    private int Shared(ParseResult parsed)
    {
        if (parsed.GetValue(prefix) is not { } shared)
            return 0;
        var most = Tokens(parsed, prompt) - 1;
        return shared >= 0 && shared <= most
            ? shared
            : throw new BadContentException(prefix.Name, "", $"{shared}", $"0 to {most}, less than the prompt");
    }

    private int Groups(ParseResult parsed) =>
        parsed.GetValue(groups) is not { } count ? 1
        : count is >= 1 and <= 1_000_000 ? count
        : throw new BadContentException(groups.Name, "", $"{count}", "1 to 1000000");

    private static Option<int?> New(string name, string description) =>
        new(name) { Description = description, HelpName = "N" };
}

/// <summary>Lengths as asked for.</summary>
/// <param name="Both">Of prompts without what they share, and of answers.</param>
/// <param name="Name">What they are, in words.</param>
internal sealed record RequestedLengths(RequestLengths Both, string Name)
{
    /// <summary>Each on its own; null where they are drawn together.</summary>
    public LengthSampler? Message { get; init; }
    public LengthSampler? Answer { get; init; }
    public int MeanPrompt { get; init; }
    public int MeanAnswer { get; init; }
    public SharedPrefix? Prefix { get; init; }
}
