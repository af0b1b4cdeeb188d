namespace Loadline.Cli;

/// <summary>What the exit code says; scripts depend on it.</summary>
internal static class ExitCodes
{
    public const int Yes = 0;

    /// <summary>Answered, and the answer is no: it does not fit, there is no plan.</summary>
    public const int No = 1;

    /// <summary>Bad usage or bad content.</summary>
    public const int BadInput = 2;

    /// <summary>Something could not be read or written.</summary>
    public const int Io = 3;

    /// <summary>A mistake of ours.</summary>
    public const int Bug = 70;

    /// <summary>Stopped by Ctrl-C, as shells count it: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}
