using System.Runtime.ExceptionServices;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>
/// Streams weights from the input into the files of the output. Every tensor has its place beforehand and every chunk is
/// cut the same way, so that the bytes do not depend on the number of threads.
/// </summary>
internal sealed class QuantizationRun
{
    /// <summary>Encoded matrices that may be in memory at a time, unless a single one is larger.</summary>
    private const long MatrixBytes = 256L << 20;

    private readonly QuantizationPlan plan;
    private readonly IReadOnlyList<OutputFile> files;
    private readonly Journal journal;
    private readonly IProgress<QuantizationProgress>? progress;
    private readonly CancellationToken cancellation;
    private readonly MemoryGate memory = new(MatrixBytes);
    private readonly Lock queue = new();
    private readonly ErrorSum[] errors;
    private readonly bool[] isFinished;
    private readonly long skipped;
    private TensorWork? current;
    private int next;
    private long done;
    private ExceptionDispatchInfo? failure;

    public QuantizationRun(
        QuantizationPlan plan,
        IReadOnlyList<OutputFile> files,
        Journal journal,
        IReadOnlyDictionary<int, ErrorSum> finished,
        IProgress<QuantizationProgress>? progress,
        CancellationToken cancellation
    )
    {
        this.plan = plan;
        this.files = files;
        this.journal = journal;
        this.progress = progress;
        this.cancellation = cancellation;
        errors = new ErrorSum[plan.Tensors.Length];
        isFinished = new bool[plan.Tensors.Length];
        foreach (var (tensor, sum) in finished)
        {
            errors[tensor] = sum;
            isFinished[tensor] = true;
            skipped += plan.Tensors[tensor].BytesIn;
        }
        done = skipped;
    }

    /// <summary>The errors of every tensor, in the order of the plan.</summary>
    public ErrorSum[] Execute()
    {
        var threads = Enumerable
            .Range(0, Math.Max(1, plan.Request.Threads))
            .Select(_ => new Thread(Loop) { IsBackground = true })
            .ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (failure is not null)
        {
            KeepWhatIsFinished();
            failure.Throw();
        }
        journal.Flush();
        return errors;
    }

    private void KeepWhatIsFinished()
    {
        try
        {
            journal.Flush();
        }
        catch (IOException)
        {
            // The failure that stopped the run is told; the journal then only knows less.
        }
    }

    private void Loop()
    {
        var buffers = new ThreadBuffers();
        try
        {
            while (Take() is { } chunk)
            {
                cancellation.ThrowIfCancellationRequested();
                var sum = Do(chunk, buffers);
                Finish(chunk, sum);
            }
        }
#pragma warning disable CA1031 // Whatever stops a thread is thrown again by the one that waits for all of them.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            lock (queue)
                failure ??= ExceptionDispatchInfo.Capture(exception);
        }
    }

    private Chunk? Take()
    {
        lock (queue)
        {
            while (failure is null)
            {
                if (current is not null && current.Next < current.Count)
                    return new Chunk(current, current.Next++);
                while (next < isFinished.Length && isFinished[next])
                    next++;
                if (next == isFinished.Length)
                    return null;
                current = new TensorWork(next, plan.Tensors[next]);
                next++;
            }
            return null;
        }
    }

    private void Finish(Chunk chunk, in ErrorSum sum)
    {
        lock (queue)
        {
            var work = chunk.Work;
            work.Sums[chunk.Number] = sum;
            done += chunk.Number == work.Count - 1 ? work.Tensor.BytesIn - work.Reported : work.ChunkBytes;
            work.Reported += work.ChunkBytes;
            if (--work.Left == 0)
            {
                foreach (var part in work.Sums)
                    errors[work.Index].Add(part);
                journal.Add(work.Index, errors[work.Index], work.Tensor.BytesOut);
            }
            progress?.Report(new QuantizationProgress(Math.Min(done, plan.BytesIn), plan.BytesIn, skipped));
        }
    }

    private ErrorSum Do(Chunk chunk, ThreadBuffers buffers) =>
        chunk.Work.Tensor.Encoding switch
        {
            WeightEncoding.Copy copy => Copy(chunk, copy, buffers),
            WeightEncoding.Given given => Write(chunk.Work.Tensor, given.Bytes),
            WeightEncoding.Blocks blocks => EncodeBlocks(chunk, blocks.Codec, buffers),
            WeightEncoding.Matrix matrix => EncodeMatrix(chunk.Work.Tensor, matrix.Codec, buffers),
            var other => throw new System.Diagnostics.UnreachableException($"{other}"),
        };

    private ErrorSum Copy(Chunk chunk, WeightEncoding.Copy copy, ThreadBuffers buffers)
    {
        var tensor = chunk.Work.Tensor;
        var first = chunk.Number * chunk.Work.ChunkBytes;
        var bytes = buffers.Bytes((int)Math.Min(chunk.Work.ChunkBytes, copy.Tensor.Bytes - first));
        ReadBytes(copy.Tensor, first, bytes);
        var place = tensor.Places[0];
        files[place.File].Write(place.Position + first, bytes);

        var sum = new ErrorSum();
        if (tensor.Source is null || BlockCodecs.Find(copy.Tensor.Format) is not { } codec)
            return sum;
        var numbers = buffers.Numbers(bytes.Length / codec.Format.BlockBytes * codec.Format.BlockLength);
        codec.Decode(bytes, numbers);
        sum.AddExact(numbers);
        return sum;
    }

    private ErrorSum Write(PlannedTensor tensor, byte[] bytes)
    {
        files[tensor.Places[0].File].Write(tensor.Places[0].Position, bytes);
        return new ErrorSum();
    }

    private void ReadBytes(StoredTensor tensor, long offset, Span<byte> bytes) =>
        plan.Store.Read(tensor, offset, bytes);

    private ErrorSum EncodeBlocks(Chunk chunk, BlockCodec codec, ThreadBuffers buffers)
    {
        var tensor = chunk.Work.Tensor;
        var source = tensor.Source!;
        var firstRow = chunk.Number * chunk.Work.ChunkRows;
        var rows = (int)Math.Min(chunk.Work.ChunkRows, source.Rows - firstRow);
        var columns = (int)source.Columns;
        var rowBytes = (int)codec.Format.SizeOf(1, columns).Bytes;

        var numbers = buffers.Numbers(rows * columns);
        var blocks = buffers.Bytes(rows * rowBytes);
        var decoded = buffers.Decoded(rows * columns);
        source.Read(firstRow, numbers);
        if (tensor.Importance.Length == 0)
            codec.Encode(numbers, blocks, []);
        else
        {
            for (var row = 0; row < rows; row++)
                codec.Encode(
                    numbers.Slice(row * columns, columns),
                    blocks.Slice(row * rowBytes, rowBytes),
                    tensor.Importance
                );
        }
        var place = tensor.Places[0];
        files[place.File].Write(place.Position + firstRow * rowBytes, blocks);
        codec.Decode(blocks, decoded);
        var sum = new ErrorSum();
        sum.Add(numbers, decoded);
        return sum;
    }

    private ErrorSum EncodeMatrix(PlannedTensor tensor, MatrixCodec codec, ThreadBuffers buffers)
    {
        var source = tensor.Source!;
        memory.Enter(tensor.BytesOut);
        try
        {
            var parts = tensor.Parts.Select(part => new byte[checked((int)part.Bytes)]).ToList();
            var buffersOfParts = parts.ConvertAll(part => (Memory<byte>)part);
            codec.Encode(source.Read, source.Rows, source.Columns, tensor.Importance, buffersOfParts);
            for (var i = 0; i < parts.Count; i++)
                files[tensor.Places[i].File].Write(tensor.Places[i].Position, parts[i]);
            return ErrorsOf(source, codec, parts.ConvertAll(part => (ReadOnlyMemory<byte>)part), buffers);
        }
        finally
        {
            memory.Leave(tensor.BytesOut);
        }
    }

    private ErrorSum ErrorsOf(
        MatrixSource source,
        MatrixCodec codec,
        IReadOnlyList<ReadOnlyMemory<byte>> parts,
        ThreadBuffers buffers
    )
    {
        var sum = new ErrorSum();
        var most = TensorWork.RowsIn(source.Columns);
        for (var row = 0L; row < source.Rows; row += most)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = (int)(Math.Min(most, source.Rows - row) * source.Columns);
            var numbers = buffers.Numbers(count);
            var decoded = buffers.Decoded(count);
            source.Read(row, numbers);
            codec.DecodeRows(parts, source.Rows, source.Columns, row, decoded);
            sum.Add(numbers, decoded);
        }
        return sum;
    }

    private readonly record struct Chunk(TensorWork Work, int Number);
}
