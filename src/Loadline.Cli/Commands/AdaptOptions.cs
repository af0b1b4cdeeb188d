using System.CommandLine;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Planning;

namespace Loadline.Cli.Commands;

/// <summary>The options that describe a training run or a prompt.</summary>
internal sealed class AdaptOptions
{
    private readonly Option<string?> adapter = Text(
        "--adapter",
        "With dpo, grpo and the like: lora, qlora or dora in place of all parameters",
        "A"
    );
    private readonly Option<long?> examples = Count("--examples", "Examples, pairs or prompts to train on (1000)");
    private readonly Option<double?> tokens = DecimalOption.Of(
        "--tokens-per-example",
        "Prompt and answer of an example, mean (1024)",
        "M"
    );
    private readonly Option<double?> epochs = DecimalOption.Of("--epochs", "Passes over the examples (3)", "E");
    private readonly Option<long?> steps = Count("--steps", "Optimizer steps, in place of examples and epochs");
    private readonly Option<int?> rank = Small("--rank", "Rank of adapters (16)");
    private readonly Option<string[]> targets = new("--targets")
    {
        Description = "Matrices with adapters: all-linear (default), attention, mlp, or names such as q_proj,v_proj",
        HelpName = "T",
        DefaultValueFactory = _ => [],
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<int?> micro = Small("--micro-batch", "Sequences per device and pass (the most that fits)");
    private readonly Option<long?> global = Count("--global-batch", "Sequences, pairs or prompts per optimizer step");
    private readonly Option<long?> sequence = Count("--sequence", "Longest sequence, in tokens");
    private readonly Option<int?> tensor = Small(
        "--tensor-parallel",
        "Devices that share a model: of the engine in reinforcement learning, of training otherwise (1)"
    );
    private readonly Option<int?> group = Small("--group", "Answers per prompt in reinforcement learning (8)");
    private readonly Option<long?> promptTokens = Count(
        "--prompt-tokens",
        "Mean prompt in reinforcement learning (512)"
    );
    private readonly Option<long?> responseTokens = Count(
        "--response-tokens",
        "Mean answer in reinforcement learning (1024)"
    );

    public void AddTo(Command command)
    {
        foreach (var option in Mine())
            command.Options.Add(option);
    }

    /// <summary>The first option that says something of a run; null where none was given.</summary>
    public string? FirstGiven(ParseResult parsed) =>
        Mine().FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false })?.Name;

    /// <summary>The flag that gave what a prediction complains of by its own name; null where none did.</summary>
    public static string? FlagOf(string what) =>
        what switch
        {
            "rank" => "--rank",
            "target modules" => "--targets",
            "global batch" => "--global-batch",
            "micro batch" => "--micro-batch",
            "sequence length" or "mean length" => "--sequence",
            "tensor parallel" => "--tensor-parallel",
            "method" => "--method",
            "accelerator" => "--on",
            _ => null,
        };

    public TrainingJob Read(ParseResult parsed, Model model, string method, HardwareSpec hardware)
    {
        var blank = new TrainingJob
        {
            Model = model,
            Method = method,
            Hardware = hardware,
        };
        return blank with
        {
            Adapter = AdapterOf(parsed, method),
            Examples = parsed.GetValue(examples) ?? blank.Examples,
            TokensPerExample = parsed.GetValue(tokens) ?? blank.TokensPerExample,
            Epochs = parsed.GetValue(epochs) ?? (blank.IsReinforcement ? 1 : blank.Epochs),
            Steps = parsed.GetValue(steps),
            Rank = parsed.GetValue(rank) ?? blank.Rank,
            Targets = parsed.GetValue(targets) is { Length: > 0 } given
                ? [.. given.SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries))]
                : blank.Targets,
            MicroBatch = parsed.GetValue(micro),
            GlobalBatch = parsed.GetValue(global),
            Sequence = parsed.GetValue(sequence),
            TensorParallel = parsed.GetValue(tensor) ?? 1,
            Group = parsed.GetValue(group) ?? blank.Group,
            PromptTokens = parsed.GetValue(promptTokens) ?? blank.PromptTokens,
            ResponseTokens = parsed.GetValue(responseTokens) ?? blank.ResponseTokens,
        };
    }

    private string? AdapterOf(ParseResult parsed, string method)
    {
        if (parsed.GetValue(adapter) is not { } given)
            return null;
        if (method is "lora" or "qlora" or "dora" or "freeze" or "full" or "sft")
            throw new BadContentException(adapter.Name, "", $"{given} with --method {method}", "--method alone");
        return given is "lora" or "qlora" or "dora"
            ? given
            : throw new BadContentException(adapter.Name, "", $"\"{given}\"", "lora, qlora or dora");
    }

    private IEnumerable<Option> Mine() =>
        [
            adapter,
            examples,
            tokens,
            epochs,
            steps,
            rank,
            targets,
            micro,
            global,
            sequence,
            tensor,
            group,
            promptTokens,
            responseTokens,
        ];

    private static Option<string?> Text(string name, string description, string help) =>
        new(name) { Description = description, HelpName = help };

    private static Option<long?> Count(string name, string description) =>
        new(name) { Description = description, HelpName = "N" };

    private static Option<int?> Small(string name, string description) =>
        new(name) { Description = description, HelpName = "N" };
}
