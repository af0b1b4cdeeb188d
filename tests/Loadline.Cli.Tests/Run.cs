using System.Text.Json;
using Loadline.Cli;

namespace Loadline.Cli.Tests;

/// <summary>Runs the program in this process, in surroundings that depend on nothing of the machine.</summary>
internal sealed record Run(int ExitCode, string Output, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public static Run Of(params string[] arguments) => In(null, arguments);

    public static Run In(string? home, params string[] arguments)
    {
        var output = new StringWriter { NewLine = "\n" };
        var error = new StringWriter { NewLine = "\n" };
        var surroundings = new Surroundings
        {
            Out = output,
            Error = error,
            Variable = name => name == "HOME" ? home : null,
            IsTerminal = false,
            Width = 100,
            Interrupt = CancellationToken.None,
        };
        var exitCode = CommandLine.Run(arguments, surroundings);
        return new Run(exitCode, output.ToString(), error.ToString());
    }
}
