using System.Text.Json;
using Loadline.Cli;

namespace Loadline.Cli.Tests;

/// <summary>The day the expected outputs were made.</summary>
internal sealed class FixedClock : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;
}

/// <summary>Runs the program in this process, in surroundings that depend on nothing of the machine.</summary>
internal sealed record Run(int ExitCode, string Output, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public static Run Of(params string[] arguments) => In(null, arguments);

    /// <summary>Without a network: nothing is asked of a hub.</summary>
    public static Run In(string? home, params string[] arguments) =>
        With(
            name =>
                name switch
                {
                    "HOME" => home,
                    "HF_HUB_OFFLINE" => "1",
                    _ => null,
                },
            arguments
        );

    public static Run With(Func<string, string?> variable, params string[] arguments) =>
        With(variable, CancellationToken.None, arguments);

    /// <summary>With lines for what is asked.</summary>
    public static Run Answering(string input, params string[] arguments) =>
        With(_ => null, new StringReader(input), arguments, CancellationToken.None);

    public static Run With(Func<string, string?> variable, CancellationToken interrupt, params string[] arguments) =>
        With(variable, TextReader.Null, arguments, interrupt);

    private static Run With(
        Func<string, string?> variable,
        TextReader input,
        string[] arguments,
        CancellationToken interrupt
    )
    {
        var output = new StringWriter { NewLine = "\n" };
        var error = new StringWriter { NewLine = "\n" };
        var surroundings = new Surroundings
        {
            In = input,
            Out = output,
            Error = error,
            Variable = variable,
            IsTerminal = false,
            Width = 100,
            Interrupt = interrupt,
            Clock = new FixedClock(),
        };
        var exitCode = CommandLine.Run(arguments, surroundings);
        return new Run(exitCode, output.ToString(), error.ToString());
    }
}
