using System.Collections.Frozen;
using System.Collections.Immutable;
using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace Loadline.Models;

/// <summary>
/// The lists by which quantization configurations name modules: a full name, a run of its components
/// (<c>gate</c>, <c>self_attn</c>), a name with <c>*</c>, or after <c>re:</c> a regular expression.
/// </summary>
internal sealed class ModulePatterns
{
    /// <summary>Targets that mean every matrix, whatever its name.</summary>
    private static readonly FrozenSet<string> EveryMatrix = ["Linear", "LinearBase", "*"];

    private readonly FrozenSet<string> runs;
    private readonly ImmutableArray<string> wildcards;
    private readonly ImmutableArray<Regex> expressions;

    /// <exception cref="ArgumentException">A regular expression is not one, or needs look-around.</exception>
    public ModulePatterns(IReadOnlyList<string> patterns)
    {
        MatchesEverything = patterns.Any(EveryMatrix.Contains);
        runs = patterns.Where(pattern => !IsExpression(pattern) && !pattern.Contains('*')).ToFrozenSet();
        wildcards = [.. patterns.Where(pattern => !IsExpression(pattern) && pattern.Contains('*')).Distinct()];
        expressions = [.. patterns.Where(IsExpression).Select(pattern => Compile(pattern[3..]))];
    }

    public bool MatchesEverything { get; }

    /// <summary>True when the module is named by itself, by a module around it or by a pattern.</summary>
    public bool Names(string module) =>
        ContainsRun(module)
        || wildcards.Any(pattern => MatchesWildcard(pattern, module))
        || expressions.Any(expression => expression.IsMatch(module));

    private bool ContainsRun(string module)
    {
        if (runs.Count == 0)
            return false;
        var lookup = runs.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var start = 0; start >= 0 && start < module.Length; start = NextComponent(module, start))
        {
            for (var end = module.IndexOf('.', start); end >= 0; end = module.IndexOf('.', end + 1))
            {
                if (lookup.Contains(module.AsSpan(start, end - start)))
                    return true;
            }
            if (lookup.Contains(module.AsSpan(start)))
                return true;
        }
        return false;
    }

    private static int NextComponent(string module, int start)
    {
        var dot = module.IndexOf('.', start);
        return dot < 0 ? -1 : dot + 1;
    }

    private static bool MatchesWildcard(string pattern, string module) =>
        FileSystemName.MatchesSimpleExpression(pattern, module, ignoreCase: false)
        || FileSystemName.MatchesSimpleExpression($"{pattern}.*", module, ignoreCase: false)
        || FileSystemName.MatchesSimpleExpression($"*.{pattern}", module, ignoreCase: false);

    private static bool IsExpression(string pattern) => pattern.StartsWith("re:", StringComparison.Ordinal);

    // Anchored at the start as compressed-tensors does; linear in the name, whatever the file says.
    private static Regex Compile(string expression)
    {
        try
        {
            return new Regex($"^(?:{expression})", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (NotSupportedException exception)
        {
            throw new ArgumentException(exception.Message, nameof(expression), exception);
        }
    }
}
