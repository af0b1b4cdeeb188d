using System.CommandLine;

namespace Loadline.Cli.Commands;

/// <summary>Options that say nothing without another, or nothing beside it.</summary>
internal static class OtherOption
{
    public static void RefuseWithout(ParseResult parsed, Option option, bool hasOther, string other)
    {
        if (!hasOther && parsed.GetResult(option) is { Implicit: false })
            throw new BadContentException(option.Name, "", $"no {other}", "both");
    }

    public static void RefuseBeside(ParseResult parsed, Option option, Option given)
    {
        if (parsed.GetResult(option) is { Implicit: false })
            throw new BadContentException(option.Name, "", $"{given.Name} as well", "one of the two");
    }
}
