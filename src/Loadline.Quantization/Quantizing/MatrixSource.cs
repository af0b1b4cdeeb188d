using System.Buffers;
using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Rows of a weight as fp32, read from its files a slice at a time.</summary>
/// <remarks>A weight may be several stored tensors one after the other (experts), or have its rows in another order.</remarks>
internal sealed class MatrixSource
{
    /// <summary>Bytes read at a time: large enough for a disk, small beside a matrix.</summary>
    private const int SliceBytes = 1 << 20;

    private readonly WeightStore store;
    private readonly BlockCodec codec;
    private readonly long rowsPerPiece;
    private readonly long rowBytes;

    public MatrixSource(WeightStore store, ImmutableArray<StoredTensor> pieces, long rows, long columns)
    {
        this.store = store;
        Pieces = pieces;
        Rows = rows;
        Columns = columns;
        codec = CodecOf(pieces[0]);
        rowsPerPiece = rows / pieces.Length;
        rowBytes = pieces[0].Format.SizeOf(1, columns).Bytes;
    }

    public ImmutableArray<StoredTensor> Pieces { get; }

    public long Rows { get; }

    public long Columns { get; }

    public long Bytes => Pieces.Sum(piece => piece.Bytes);

    /// <summary>The stored row that becomes a row of the output; null when they are in the same order.</summary>
    public Func<long, long>? RowOrder { get; init; }

    public static bool CanRead(BlockFormat format) => BlockCodecs.Find(format) is not null;

    /// <summary>Fills as many whole rows as there is room for.</summary>
    public void Read(long firstRow, Span<float> numbers)
    {
        var columns = (int)Columns;
        var most = RowOrder is null ? Math.Max(1, SliceBytes / Math.Max(1, rowBytes)) : 1;
        var row = firstRow;
        while (numbers.Length >= columns && columns > 0)
        {
            var stored = RowOrder?.Invoke(row) ?? row;
            var leftInPiece = rowsPerPiece - stored % rowsPerPiece;
            var count = (int)Math.Min(Math.Min(most, numbers.Length / columns), leftInPiece);
            ReadStored(stored, numbers[..(count * columns)], count);
            numbers = numbers[(count * columns)..];
            row += count;
        }
    }

    private void ReadStored(long row, Span<float> numbers, int count)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(checked((int)(count * rowBytes)));
        try
        {
            var blocks = bytes.AsSpan(0, (int)(count * rowBytes));
            store.Read(Pieces[(int)(row / rowsPerPiece)], row % rowsPerPiece * rowBytes, blocks);
            codec.Decode(blocks, numbers);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static BlockCodec CodecOf(StoredTensor tensor) =>
        BlockCodecs.Find(tensor.Format)
        ?? throw new BadContentException(
            tensor.Name,
            "",
            $"stored as {tensor.Format}, which cannot be decoded",
            "a format that Loadline decodes"
        );
}
