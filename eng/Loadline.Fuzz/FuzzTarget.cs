namespace Loadline.Fuzz;

/// <summary>What kind of bytes a reader reads, which decides how they are changed.</summary>
internal enum InputKind
{
    Binary,
    Text,

    /// <summary>Eight bytes of length and then text.</summary>
    TextAfterLength,
}

/// <summary>A reader under test.</summary>
/// <param name="Name">As the command line calls it.</param>
/// <param name="Kind">What it reads.</param>
/// <param name="Seeds">Sound and deliberately unsound inputs to start from.</param>
/// <param name="Read">Reads one input to the end.</param>
internal sealed record FuzzTarget(string Name, InputKind Kind, IReadOnlyList<byte[]> Seeds, Action<byte[]> Read)
{
    /// <summary>Bytes it may allocate beside four times its input: buffers, messages, exceptions, results.</summary>
    public long Allowance { get; init; } = 200_000;
}
