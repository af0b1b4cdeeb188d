using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Loadline.Cli;

/// <summary>What is wrong with how a command was called, in words of ours.</summary>
internal static partial class UsageErrors
{
    /// <summary>Null when nothing is wrong.</summary>
    public static string? FirstOf(ParseResult parsed)
    {
        if (MisspeltOption(parsed) is { } option)
            return Unknown(option, parsed.CommandResult.Command);
        if (parsed.Errors.Count == 0)
            return null;
        // "paln 40" lacks a command, but what it lacks first is an i in the right place.
        if (parsed.UnmatchedTokens is [var word, ..])
            return Unknown(word, parsed.CommandResult.Command);
        return Conversion().Replace(parsed.Errors[0].Message, match => Wrong(match));
    }

    /// <summary>An option that is not known becomes an argument where the command takes one.</summary>
    private static string? MisspeltOption(ParseResult parsed)
    {
        foreach (var argument in parsed.CommandResult.Children.OfType<ArgumentResult>())
        {
            foreach (var token in argument.Tokens)
            {
                if (token.Value.StartsWith("--", StringComparison.Ordinal))
                    return token.Value;
            }
        }
        return null;
    }

    private static string Unknown(string word, Command command)
    {
        var isOption = word.StartsWith('-');
        var known = isOption
            ? command.Options.Where(option => !option.Hidden).Select(option => option.Name)
            : command.Subcommands.Select(subcommand => subcommand.Name);
        var nearest = known.Where(name => IsNear(word, name)).Take(3).ToList();
        var problem = $"\"{word}\" is not {(isOption ? "an option" : "an argument")} of {command.Name}";
        return nearest.Count == 0 ? problem : $"{problem}; nearest: {string.Join(", ", nearest)}";
    }

    private static string Wrong(Match match)
    {
        var expected = match.Groups["type"].Value switch
        {
            "Int32" or "Int64" => "a whole number",
            "Double" => "a number",
            var other => other,
        };
        return $"{match.Groups["name"].Value}: \"{match.Groups["value"].Value}\"; expected {expected}";
    }

    /// <summary>At most two letters too many, too few or wrong.</summary>
    private static bool IsNear(string word, string name)
    {
        const int Most = 2;
        var row = Enumerable.Range(0, name.Length + 1).ToArray();
        for (var i = 1; i <= word.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= name.Length; j++)
            {
                var replaced = diagonal + (word[i - 1] == name[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[name.Length] <= Most;
    }

    [GeneratedRegex(
        @"^Cannot parse argument '(?<value>.*)' for (?:option|argument|command) '(?<name>[^']*)' as expected type '(?:System\.Nullable`1\[)?System\.(?<type>\w+)\]?'\.$",
        RegexOptions.Singleline
    )]
    private static partial Regex Conversion();
}
