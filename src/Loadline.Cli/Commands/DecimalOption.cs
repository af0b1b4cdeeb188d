using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Loadline.Cli.Commands;

/// <summary>Options with a number behind the point: a comma is a mistake, not a separator of thousands.</summary>
internal static class DecimalOption
{
    public static Option<double?> Of(string name, string description, string helpName) =>
        new(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = Parse,
        };

    private static double? Parse(ArgumentResult result)
    {
        var text = result.Tokens[^1].Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return number;
        var option = (result.Parent as OptionResult)?.Option.Name;
        result.AddError($"{option}: found \"{text}\"; expected a number such as 1.5");
        return null;
    }
}
