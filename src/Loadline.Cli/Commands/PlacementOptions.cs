using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Loadline.Prediction;

namespace Loadline.Cli.Commands;

/// <summary>The options that say how a model is spread over devices and what else is on them.</summary>
internal sealed class PlacementOptions
{
    private readonly Option<int?> pipeline = New<int?>(
        "--pipeline-parallel",
        "Stages the layers are shared out over",
        "N"
    );
    private readonly Option<int?> expert = New<int?>(
        "--expert-parallel",
        "Ranks whole experts are spread over: tensor x data",
        "N"
    );
    private readonly Option<int?> data = New<int?>(
        "--data-parallel",
        "Ranks with attention weights and cache of their own",
        "N"
    );
    private readonly Option<int?> layers = New<int?>(
        "--device-layers",
        "Layers on the device, the others on the host (llama.cpp)",
        "N"
    );
    private readonly Option<string?> split = New<string?>(
        "--tensor-split",
        "Shares of the layers on each device, such as 3,1 (llama.cpp; default: by memory)",
        "A,B"
    );
    private readonly Option<int> adapters = New<int>("--adapters", "LoRA adapters held beside the model", "N");
    private readonly Option<int> adapterRank = New<int>("--adapter-rank", "Their rank", "R");
    private readonly Option<string?> draft = New<string?>("--draft", "Draft model for speculative decoding", "MODEL");
    private readonly Option<string[]> beside = New<string[]>(
        "--beside",
        "Another model on the same devices; several times",
        "MODEL"
    );

    public PlacementOptions()
    {
        adapterRank.DefaultValueFactory = _ => 16;
        beside.DefaultValueFactory = _ => [];
    }

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[pipeline, expert, data, layers, split, adapters, adapterRank, draft, beside])
            command.Options.Add(option);
    }

    public FitQuestion Read(ParseResult parsed, Session session, FitQuestion question)
    {
        const int Most = 100_000;
        Refuse(adapters, 0);
        Refuse(adapterRank, 1);
        return question with
        {
            PipelineParallel = parsed.GetValue(pipeline),
            ExpertParallel = parsed.GetValue(expert),
            DataParallel = parsed.GetValue(data),
            DeviceLayers = parsed.GetValue(layers),
            TensorSplit = Shares(parsed.GetValue(split)),
            Adapters = parsed.GetValue(adapters),
            AdapterRank = parsed.GetValue(adapterRank),
            Draft = parsed.GetValue(draft) is { } name ? session.ReadModel(name) : null,
            Beside = [.. (parsed.GetValue(beside) ?? []).Select(session.ReadModel)],
        };

        void Refuse(Option<int> option, int least)
        {
            if (parsed.GetValue(option) is var count && (count < least || count > Most))
                throw new BadContentException(option.Name, "", $"{count}", $"{least} to {Most}");
        }
    }

    private ImmutableArray<double> Shares(string? text) =>
        text is null
            ? []
            :
            [
                .. text.Split(',')
                    .Select(share =>
                        double.TryParse(share, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                            ? number
                            : throw new BadContentException(split.Name, "", $"\"{text}\"", "numbers such as 3,1")
                    ),
            ];

    private static Option<T> New<T>(string name, string description, string help) =>
        new(name) { Description = description, HelpName = help };
}
