namespace Loadline.Simulation;

/// <summary>
/// Blocks that nobody may hold but that are not lost yet: a piece of a prompt that others may ask for, or, without a
/// name, what was left behind by requests like no other.
/// </summary>
internal sealed class CachedPiece
{
    /// <summary>Name of the tokens and all before them; null when nobody can ask for them.</summary>
    public long? Id { get; init; }

    /// <summary>Blocks of it that are not lost; its end goes first.</summary>
    public long Blocks { get; set; }

    /// <summary>True for what a preempted sequence left behind, which only it can find again.</summary>
    public bool IsOfOne { get; init; }

    /// <summary>Named pieces in front of what a preempted sequence left behind.</summary>
    public int PiecesBefore { get; init; }

    /// <summary>Sequences that hold it; it can be lost only when there are none.</summary>
    public int Holders { get; set; }

    public CachedPiece? Older { get; set; }

    public CachedPiece? Newer { get; set; }
}
