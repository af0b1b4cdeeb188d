using System.Text;

namespace Loadline.Cli;

/// <summary>Everything the command line takes from the process it runs in, so that tests can run it in another.</summary>
internal sealed record Surroundings
{
    public required TextWriter Out { get; init; }
    public required TextWriter Error { get; init; }

    /// <summary>Where answers to questions come from.</summary>
    public TextReader In { get; init; } = TextReader.Null;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Value of an environment variable; null when it is not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>True when a person watches standard output.</summary>
    public required bool IsTerminal { get; init; }

    /// <summary>True when a person watches standard error too, so that progress disturbs no file.</summary>
    public bool ShowsProgress { get; init; }

    /// <summary>Columns of the terminal.</summary>
    public required int Width { get; init; }
    public required CancellationToken Interrupt { get; init; }

    private const int PipeWidth = 100;

    public static Surroundings OfThisProcess(CancellationToken interrupt)
    {
        var isTerminal = !Console.IsOutputRedirected;
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new Surroundings
        {
            Out = Console.Out,
            Error = Console.Error,
            In = Console.In,
            Variable = Environment.GetEnvironmentVariable,
            IsTerminal = isTerminal,
            ShowsProgress = isTerminal && !Console.IsErrorRedirected,
            Width = isTerminal ? Math.Clamp(Console.WindowWidth, 60, PipeWidth) : PipeWidth,
            Interrupt = interrupt,
        };
    }
}
