using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;
using System.Text;
using Loadline.Catalog;
using Loadline.Cli.Commands;
using Loadline.Prediction;

namespace Loadline.Cli;

/// <summary>The composition root: commands, and the one place where exceptions become exit codes.</summary>
internal static class CommandLine
{
    public static int Run(string[] arguments, Surroundings surroundings)
    {
        // A RootCommand would be called by the file it is started from.
        var root = new Command("loadline", "Says what a language model will take: memory, time, money and hardware.");
        root.Options.Add(new HelpOption());
        root.Options.Add(Version());
        root.Options.Add(Session.CatalogOption);
        root.Subcommands.Add(InspectCommand.Create(surroundings));
        root.Subcommands.Add(MemoryCommand.Create(surroundings));
        root.Subcommands.Add(PredictCommand.Create(surroundings));
        root.Subcommands.Add(SimulateCommand.Create(surroundings));
        root.Subcommands.Add(PlanCommand.Create(surroundings));
        root.Subcommands.Add(AdaptCommand.Create(surroundings));
        root.Subcommands.Add(QuantizeCommand.Create(surroundings));
        root.Subcommands.Add(ValidateCommand.Create(surroundings));
        root.Subcommands.Add(CatalogCommand.Create(surroundings));

        // An argument that starts with @ is text, such as the version in "@0.22", and no file of arguments.
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (UsageErrors.FirstOf(parsed) is { } error)
        {
            surroundings.Error.WriteLine($"loadline: {OneLine(error)} (see --help)");
            return ExitCodes.BadInput;
        }
        return Guarded(
            () =>
                parsed.Invoke(
                    new InvocationConfiguration
                    {
                        Output = surroundings.Out,
                        Error = surroundings.Error,
                        EnableDefaultExceptionHandler = false,
                    }
                ),
            surroundings
        );
    }

    private static int Guarded(Func<int> run, Surroundings surroundings)
    {
        try
        {
            return run();
        }
        catch (OperationCanceledException)
        {
            surroundings.Error.WriteLine("loadline: interrupted");
            return ExitCodes.Interrupted;
        }
        catch (Exception exception)
            when (exception is BadContentException or UnknownNameException or MissingFigureException)
        {
            surroundings.Error.WriteLine($"loadline: {OneLine(exception.Message)}");
            return ExitCodes.BadInput;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            surroundings.Error.WriteLine($"loadline: {OneLine(exception.Message)}");
            return ExitCodes.Io;
        }
#pragma warning disable CA1031 // The last line of defence: a bug must not look like an answer.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            surroundings.Error.WriteLine($"loadline: this is a bug: {exception}");
            return ExitCodes.Bug;
        }
    }

    /// <summary>The version names the catalog's date too: an answer depends on both.</summary>
    private static VersionOption Version() => new() { Action = new VersionAction() };

    /// <summary>One line of bounded length that cannot command the terminal, whatever a file or a name holds.</summary>
    private static string OneLine(string text)
    {
        const int Longest = 2000;
        var line = new StringBuilder(text.ReplaceLineEndings(" "));
        if (line.Length > Longest)
            line.Remove(Longest, line.Length - Longest).Append("...");
        for (var i = 0; i < line.Length; i++)
        {
            if (char.IsControl(line[i]))
                line[i] = '\uFFFD';
        }
        return line.ToString();
    }

    private sealed class VersionAction : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override bool Terminating => true;

        public override int Invoke(ParseResult parseResult)
        {
            var assembly = typeof(CommandLine).Assembly;
            var version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
            parseResult.InvocationConfiguration.Output.WriteLine(
                $"loadline {version?.Split('+')[0]}, catalog of {new CatalogReader().Date}"
            );
            return ExitCodes.Yes;
        }
    }
}
