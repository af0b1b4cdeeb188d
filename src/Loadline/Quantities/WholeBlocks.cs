namespace Loadline.Quantities;

/// <summary>Things that come in blocks of a size, the last of which may be partly empty.</summary>
internal static class WholeBlocks
{
    /// <summary>Blocks that hold so many.</summary>
    // Written so that a block of long.MaxValue does not overflow.
    public static long Covering(long count, long size) => count == 0 ? 0 : (count - 1) / size + 1;

    /// <summary>Room in those blocks.</summary>
    public static long RoomFor(long count, long size) => Covering(count, size) * size;
}
