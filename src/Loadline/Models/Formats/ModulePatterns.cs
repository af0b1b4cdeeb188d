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

    /// <summary>What stands before the only <c>*</c>, at the end of its pattern; ModelOpt lists hundreds of these.</summary>
    private readonly FrozenSet<string> beginnings;
    private readonly ImmutableArray<int> beginningLengths;
    private readonly ImmutableArray<Wildcard> wildcards;
    private readonly ImmutableArray<Regex> expressions;

    /// <exception cref="ArgumentException">A regular expression is not one, or needs look-around.</exception>
    public ModulePatterns(IReadOnlyList<string> patterns)
    {
        MatchesEverything = patterns.Any(EveryMatrix.Contains);
        DependsOnLayer = patterns.Any(pattern => pattern.AsSpan().ContainsAnyInRange('0', '9'));
        runs = patterns.Where(pattern => !IsExpression(pattern) && !pattern.Contains('*')).ToFrozenSet();
        var wild = patterns.Where(pattern => !IsExpression(pattern) && pattern.Contains('*')).Distinct().ToList();
        beginnings = wild.Where(IsBeginning).Select(pattern => pattern[..^1]).ToFrozenSet();
        beginningLengths = [.. beginnings.Select(beginning => beginning.Length).Distinct()];
        wildcards =
        [
            .. wild.Where(pattern => !IsBeginning(pattern))
                .SelectMany(pattern => new[] { pattern, $"{pattern}.*", $"*.{pattern}" })
                .Select(pattern => new Wildcard(pattern)),
        ];
        expressions = [.. patterns.Where(IsExpression).Select(pattern => Compile(pattern[3..]))];
    }

    public bool MatchesEverything { get; }

    /// <summary>False when no pattern has a digit, so that every layer is treated alike.</summary>
    public bool DependsOnLayer { get; }

    /// <summary>True when the module is named by itself, by a module around it or by a pattern.</summary>
    public bool Names(ReadOnlySpan<char> module)
    {
        if (ContainsRun(module) || ContainsBeginning(module))
            return true;
        foreach (var pattern in wildcards)
        {
            if (pattern.Matches(module))
                return true;
        }
        foreach (var expression in expressions)
        {
            if (expression.IsMatch(module))
                return true;
        }
        return false;
    }

    private bool ContainsRun(ReadOnlySpan<char> module)
    {
        if (runs.Count == 0)
            return false;
        var lookup = runs.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var rest = module; ; rest = rest[(rest.IndexOf('.') + 1)..])
        {
            for (var end = 0; end < rest.Length; end++)
            {
                if (rest[end] == '.' && lookup.Contains(rest[..end]))
                    return true;
            }
            if (lookup.Contains(rest))
                return true;
            if (!rest.Contains('.'))
                return false;
        }
    }

    private bool ContainsBeginning(ReadOnlySpan<char> module)
    {
        if (beginnings.Count == 0)
            return false;
        var lookup = beginnings.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var rest = module; ; rest = rest[(rest.IndexOf('.') + 1)..])
        {
            foreach (var length in beginningLengths)
            {
                if (length <= rest.Length && lookup.Contains(rest[..length]))
                    return true;
            }
            if (!rest.Contains('.'))
                return false;
        }
    }

    /// <summary>A question mark or a backslash means something to the matcher.</summary>
    private static bool IsBeginning(string pattern) =>
        pattern.AsSpan().IndexOfAny('*', '?', '\\') == pattern.Length - 1 && pattern[^1] == '*';

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

    /// <summary>A name in which <c>*</c> stands for any characters, <c>?</c> for one.</summary>
    private sealed class Wildcard(string pattern)
    {
        /// <summary>What must follow each other; empty when the pattern has more than stars.</summary>
        private readonly string[] pieces = pattern.AsSpan().IndexOfAny('?', '\\') < 0 ? pattern.Split('*') : [];

        public bool Matches(ReadOnlySpan<char> name)
        {
            if (pieces.Length < 2)
                return FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
            if (!name.StartsWith(pieces[0], StringComparison.Ordinal))
                return false;
            name = name[pieces[0].Length..];
            for (var i = 1; i < pieces.Length - 1; i++)
            {
                var place = name.IndexOf(pieces[i], StringComparison.Ordinal);
                if (place < 0)
                    return false;
                name = name[(place + pieces[i].Length)..];
            }
            return name.EndsWith(pieces[^1], StringComparison.Ordinal);
        }
    }
}
