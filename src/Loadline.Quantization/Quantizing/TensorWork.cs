using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>A tensor that is being written, cut into chunks.</summary>
internal sealed class TensorWork
{
    /// <summary>Numbers in a chunk of rows: 4 MB as fp32.</summary>
    private const int ChunkNumbers = 1 << 20;

    public TensorWork(int index, PlannedTensor tensor)
    {
        Index = index;
        Tensor = tensor;
        (ChunkRows, ChunkBytes, Count) = tensor.Encoding switch
        {
            WeightEncoding.Copy copy => OfBytes(copy.Tensor),
            WeightEncoding.Blocks => OfRows(tensor.Source!),
            _ => (0, tensor.BytesIn, 1),
        };
        Left = Count;
        Sums = new ErrorSum[Count];
    }

    public int Index { get; }
    public PlannedTensor Tensor { get; }
    public long ChunkRows { get; }

    /// <summary>Bytes of input in every chunk but the last.</summary>
    public long ChunkBytes { get; }
    public int Count { get; }
    public int Next { get; set; }
    public int Left { get; set; }
    public long Reported { get; set; }
    public ErrorSum[] Sums { get; }

    public static long RowsIn(long columns) => Math.Max(1, ChunkNumbers / Math.Max(1, columns));

    private static (long, long, int) OfRows(MatrixSource source)
    {
        var rows = RowsIn(source.Columns);
        var count = (int)Math.Max(1, (source.Rows + rows - 1) / rows);
        return (rows, source.Bytes / count, count);
    }

    private static (long, long, int) OfBytes(StoredTensor tensor)
    {
        // Whole blocks, so that each chunk can be decoded by itself.
        var bytes = (long)ChunkNumbers / tensor.Format.BlockLength * tensor.Format.BlockBytes;
        return (0, bytes, (int)Math.Max(1, (tensor.Bytes + bytes - 1) / bytes));
    }
}
