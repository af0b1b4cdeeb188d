using System.Runtime.InteropServices;

namespace Loadline.Quantization.Inference;

/// <summary>Memory outside the garbage collector, zeroed and aligned to a cache line, of any length.</summary>
internal sealed unsafe class AlignedMemory : IDisposable
{
    public const int Alignment = 64;

    public AlignedMemory(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Length = bytes;
        // One more line, so that a load of a whole vector at the end stays inside.
        var size = checked((nuint)(bytes + 2 * Alignment - 1)) / Alignment * Alignment;
        Start = (byte*)NativeMemory.AlignedAlloc(size, Alignment);
        NativeMemory.Clear(Start, size);
        GC.AddMemoryPressure(Math.Max(1, bytes));
    }

    ~AlignedMemory() => Free();

    public byte* Start { get; private set; }

    public long Length { get; }

    public Span<byte> Slice(long offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - count);
        return new(Start + offset, count);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (Start is null)
            return;
        NativeMemory.AlignedFree(Start);
        Start = null;
        GC.RemoveMemoryPressure(Math.Max(1, Length));
    }
}
