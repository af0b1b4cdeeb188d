using System.CommandLine;
using Loadline.Catalog;
using Loadline.Prediction;

namespace Loadline.Cli.Commands;

/// <summary>The options of prompts that have devices of their own.</summary>
internal sealed class PrefillOptions
{
    private readonly Option<string?> prefillOn = new("--prefill-on")
    {
        Description = "Hardware of one prefill replica, where prompts have devices of their own",
        HelpName = "HARDWARE",
    };
    private readonly Option<int> prefillReplicas = New("--prefill-replicas", "Prefill replicas");
    private readonly Option<int> decodeReplicas = New(
        "--decode-replicas",
        "Replicas of --on that decode, beside --prefill-on"
    );

    public void AddTo(Command command)
    {
        command.Options.Add(prefillOn);
        command.Options.Add(prefillReplicas);
        command.Options.Add(decodeReplicas);
    }

    /// <summary>Null when prompts have none.</summary>
    public PrefillPool? Read(ParseResult parsed, Session session)
    {
        var hardware = parsed.GetValue(prefillOn);
        OtherOption.RefuseWithout(parsed, prefillReplicas, hardware is not null, prefillOn.Name);
        OtherOption.RefuseWithout(parsed, decodeReplicas, hardware is not null, prefillOn.Name);
        return hardware is null
            ? null
            : new PrefillPool(
                HardwareSpec.Parse(hardware, session.Catalog),
                AtLeastOne(parsed, prefillReplicas),
                AtLeastOne(parsed, decodeReplicas)
            );
    }

    private static int AtLeastOne(ParseResult parsed, Option<int> option) =>
        parsed.GetValue(option) is >= 1 and <= HardwareSpec.MaximumCount and var count
            ? count
            : throw new BadContentException(
                option.Name,
                "",
                $"{parsed.GetValue(option)}",
                $"1 to {HardwareSpec.MaximumCount}"
            );

    private static Option<int> New(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
}
