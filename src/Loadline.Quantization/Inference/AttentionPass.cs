using Loadline.Models;

namespace Loadline.Quantization.Inference;

/// <summary>The attention of a layer: projections, positions, scores, and the sums they weigh.</summary>
internal sealed unsafe class AttentionPass : IDisposable
{
    /// <summary>Queries of a group of heads that share keys and pass them together.</summary>
    private const int QueryRows = 24;

    private readonly ForwardPass pass;
    private readonly Decoder decoder;
    private readonly int tokens;
    private readonly FloatRows normed;
    private readonly FloatRows qkv;
    private readonly FloatRows mixed;
    private readonly FloatRows output;
    private readonly RopeTable? rope;
    private readonly FloatRows[] queries;
    private readonly FloatRows[] scores;
    private readonly FloatRows[] sums;

    public AttentionPass(ForwardPass pass, Decoder decoder, int tokens)
    {
        this.pass = pass;
        this.decoder = decoder;
        this.tokens = tokens;
        var layers = decoder.Layers;
        var longest = pass.Batch.Max(slice => slice.FirstPosition + slice.Count) + 2 * DotTiles.Width;
        var group = layers.Max(layer => layer.Attention.QueryHeads / layer.Attention.KvHeads);
        var rows = Math.Max(QueryRows, group);
        var size = layers.Max(layer => Math.Max(layer.Attention.HeadSize, layer.Attention.ValueHeadSize));
        normed = new FloatRows(tokens, layers[0].AttentionNorm.Width);
        qkv = new FloatRows(tokens, layers.Max(layer => layer.Qkv.Sum(part => part.Matrix.Rows)));
        mixed = new FloatRows(tokens, layers.Max(layer => layer.Output.Matrix.Columns));
        output = new FloatRows(tokens, layers[0].Output.Matrix.Rows);
        rope = pass.Settings.Rope is { } settings ? new RopeTable(settings, pass.Batch, tokens) : null;
        queries = Each(() => new FloatRows(rows, size));
        scores = Each(() => new FloatRows(rows, longest));
        sums = Each(() => new FloatRows(rows, size));
    }

    /// <summary>Adds what the layer's attention says to the residual stream.</summary>
    public void Run(int layer, FloatRows hidden)
    {
        var parts = decoder.Layers[layer];
        var after = pass.Settings.NormAfterSum;
        if (!after)
            pass.Normalize(parts.AttentionNorm, hidden, normed, tokens);
        var from = 0;
        foreach (var projection in parts.Qkv)
        {
            pass.Multiply(projection, after ? hidden : normed, tokens, qkv, from);
            from += projection.Matrix.Rows;
        }
        Prepare(layer, parts);
        foreach (var slice in pass.Batch)
            Attend(layer, parts.Attention, slice);
        pass.Multiply(parts.Output, mixed, tokens, output);
        if (parts.AttentionOutputNorm is { } norm)
            pass.Normalize(norm, output, output, tokens);
        for (var row = 0; row < tokens; row++)
            Elementwise.Add(hidden.Row(row), output.Row(row));
        if (after)
            pass.Normalize(parts.AttentionNorm, hidden, hidden, tokens);
    }

    public void Dispose()
    {
        foreach (var rows in (FloatRows[])[normed, qkv, mixed, output, .. queries, .. scores, .. sums])
            rows.Dispose();
    }

    /// <summary>Norms and positions of queries and keys; keys and values go to the cache.</summary>
    private void Prepare(int layer, DecoderLayer parts)
    {
        var shape = parts.Attention;
        var keyStart = shape.QueryHeads * shape.HeadSize;
        var valueStart = keyStart + shape.KvHeads * shape.HeadSize;
        foreach (var slice in pass.Batch)
        {
            for (var i = 0; i < slice.Count; i++)
            {
                var row = slice.FirstRow + i;
                var numbers = qkv.Row(row);
                for (var head = 0; head < shape.QueryHeads + shape.KvHeads; head++)
                {
                    var part = numbers.Slice(head * shape.HeadSize, shape.HeadSize);
                    (head < shape.QueryHeads ? parts.QueryNorm : parts.KeyNorm)?.Apply(part, part);
                    rope?.Rotate(row, part);
                }
                for (var head = 0; head < shape.KvHeads; head++)
                {
                    var position = slice.FirstPosition + i;
                    numbers
                        .Slice(keyStart + head * shape.HeadSize, shape.HeadSize)
                        .CopyTo(new(slice.Cache.Key(layer, head, position), shape.HeadSize));
                    numbers
                        .Slice(valueStart + head * shape.ValueHeadSize, shape.ValueHeadSize)
                        .CopyTo(new(slice.Cache.Value(layer, head, position), shape.ValueHeadSize));
                }
            }
        }
    }

    private void Attend(int layer, Mixer.Attention shape, SequenceSlice slice)
    {
        var group = shape.QueryHeads / shape.KvHeads;
        var step = Math.Max(1, QueryRows / group);
        var steps = (slice.Count + step - 1) / step;
        Team.Run(
            pass.Product.Threads,
            shape.KvHeads * steps,
            (worker, piece) =>
            {
                var (head, block) = Math.DivRem(piece, steps);
                var first = block * step;
                AttendBlock(worker, layer, shape, slice, head, first, Math.Min(step, slice.Count - first));
            }
        );
        CountWork(shape, slice);
    }

    /// <summary>Some tokens' queries of the heads that share one head of keys and values.</summary>
    private void AttendBlock(
        int worker,
        int layer,
        Mixer.Attention shape,
        SequenceSlice slice,
        int kvHead,
        int first,
        int count
    )
    {
        var group = shape.QueryHeads / shape.KvHeads;
        var (query, score, sum) = (queries[worker], scores[worker], sums[worker]);
        var rows = count * group;
        for (var row = 0; row < rows; row++)
        {
            var head = kvHead * group + row % group;
            var from = qkv.Row(slice.FirstRow + first + row / group).Slice(head * shape.HeadSize, shape.HeadSize);
            from.CopyTo(query.Row(row));
            new Span<float>(query.At(row) + shape.HeadSize, DotTiles.Padded(shape.HeadSize) - shape.HeadSize).Clear();
        }

        var start = FirstSeen(shape, slice.FirstPosition + first) / DotTiles.Width * DotTiles.Width;
        var end = slice.FirstPosition + first + count;
        var keyStride = slice.Cache.KeyStride(layer);
        for (var position = start; position < end; position += DotTiles.Width)
            DotTiles.Multiply(
                DotTiles.Best,
                query.Start,
                query.Stride,
                rows,
                slice.Cache.Key(layer, kvHead, position),
                keyStride,
                DotTiles.Padded(shape.HeadSize),
                score.Start + position - start,
                score.Stride,
                adds: false
            );
        for (var row = 0; row < rows; row++)
            Weigh(shape, new(score.At(row), end - start), start, slice.FirstPosition + first + row / group);
        WeightedRows.Sum(
            score.Start,
            score.Stride,
            rows,
            slice.Cache.Value(layer, kvHead, start),
            slice.Cache.ValueStride(layer),
            end - start,
            DotTiles.Padded(shape.ValueHeadSize),
            sum.Start,
            sum.Stride
        );
        for (var row = 0; row < rows; row++)
        {
            var head = kvHead * group + row % group;
            sum.Row(row)[..shape.ValueHeadSize]
                .CopyTo(mixed.Row(slice.FirstRow + first + row / group)[(head * shape.ValueHeadSize)..]);
        }
    }

    /// <summary>Scores become weights; those of positions that the token does not see become zero.</summary>
    private void Weigh(Mixer.Attention shape, Span<float> scores, int start, int position)
    {
        var first = FirstSeen(shape, position) - start;
        var end = position + 1 - start;
        var seen = scores[first..end];
        Elementwise.Scale(seen, (float)(1 / Math.Sqrt(pass.Settings.QueryScale ?? shape.HeadSize)));
        if (pass.Settings.AttentionSoftCap is { } cap)
            Elementwise.SoftCap(seen, (float)cap);
        Elementwise.Softmax(seen);
        scores[..first].Clear();
        scores[end..].Clear();
    }

    private static int FirstSeen(Mixer.Attention shape, int position) =>
        shape.Window is { } window ? Math.Max(0, position + 1 - window) : 0;

    private void CountWork(Mixer.Attention shape, SequenceSlice slice)
    {
        var pairs = 0L;
        for (var i = 0; i < slice.Count; i++)
            pairs += slice.FirstPosition + i + 1 - FirstSeen(shape, slice.FirstPosition + i);
        var read = slice.FirstPosition + slice.Count - FirstSeen(shape, slice.FirstPosition);
        var both = (long)shape.HeadSize + shape.ValueHeadSize;
        pass.Count.AttentionFlops += 2 * pairs * shape.QueryHeads * both;
        pass.Count.CacheBytes += read * shape.KvHeads * both * sizeof(float);
    }

    private FloatRows[] Each(Func<FloatRows> make) =>
        [.. Enumerable.Range(0, pass.Product.Threads).Select(_ => make())];
}
