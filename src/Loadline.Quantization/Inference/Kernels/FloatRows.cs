namespace Loadline.Quantization.Inference;

/// <summary>
/// A table of fp32 numbers whose rows begin at cache lines and end in zeros up to a whole vector, which is what
/// <see cref="DotTiles"/> multiplies.
/// </summary>
internal sealed unsafe class FloatRows : IDisposable
{
    /// <summary>Bytes after which addresses fall on the same lines of a first-level cache.</summary>
    private const int Alias = 4096;

    private readonly AlignedMemory memory;
    private readonly bool ownsMemory = true;

    public FloatRows(int rows, int columns)
    {
        Rows = rows;
        Columns = columns;
        Stride = DotTiles.Padded(columns);
        // Rows that all begin at the same place of a page would push each other out of the cache.
        if (Stride * sizeof(float) % Alias == 0)
            Stride += DotTiles.Lanes;
        memory = new AlignedMemory((long)rows * Stride * sizeof(float));
    }

    private FloatRows(FloatRows whole, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, whole.Columns);
        Rows = whole.Rows;
        Columns = columns;
        Stride = whole.Stride;
        memory = whole.memory;
        ownsMemory = false;
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Numbers from the beginning of one row to that of the next.</summary>
    public int Stride { get; }

    public float* Start => (float*)memory.Start;

    public float* At(int row) => Start + (nint)row * Stride;

    public Span<float> Row(int row) => new(At(row), Columns);

    /// <summary>The first columns of the same memory.</summary>
    public FloatRows First(int columns) => columns == Columns ? this : new(this, columns);

    public void Dispose()
    {
        if (ownsMemory)
            memory.Dispose();
    }
}
