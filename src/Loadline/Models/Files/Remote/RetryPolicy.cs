namespace Loadline.Models;

/// <summary>How often a question is put again to a server that is busy or broken, and after what pause.</summary>
public sealed record RetryPolicy
{
    /// <summary>Questions in all, the first included.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>Pause after the first failure; each later one is twice as long.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Longer than this nobody waits for a header; a server that asks for more is not asked again.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <param name="failures">Failures so far, 1 or more.</param>
    /// <param name="asked">What the server asked for in Retry-After.</param>
    /// <returns>Null when it is time to give up.</returns>
    public TimeSpan? PauseAfter(int failures, TimeSpan? asked)
    {
        if (failures >= Attempts || asked > LongestPause)
            return null;
        var doubled = FirstPause * Math.Pow(2, failures - 1);
        var pause = asked is { } least && least > doubled ? least : doubled;
        return pause < LongestPause ? pause : LongestPause;
    }
}
