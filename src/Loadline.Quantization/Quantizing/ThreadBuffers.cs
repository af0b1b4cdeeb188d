namespace Loadline.Quantization;

/// <summary>What one thread works in, so that a chunk allocates nothing.</summary>
internal sealed class ThreadBuffers
{
    private float[] numbers = [];
    private float[] decoded = [];
    private byte[] bytes = [];

    public Span<float> Numbers(int count) => Room(ref numbers, count);

    public Span<float> Decoded(int count) => Room(ref decoded, count);

    public Span<byte> Bytes(int count) => Room(ref bytes, count);

    private static Span<T> Room<T>(ref T[] array, int count)
    {
        if (array.Length < count)
            array = new T[count];
        return array.AsSpan(0, count);
    }
}
