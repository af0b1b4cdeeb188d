using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>The rule that tensors cover the data section exactly, so that no byte is hidden or read twice.</summary>
internal static class SafetensorsLayout
{
    public static void Check(
        ImmutableArray<StoredTensor>.Builder tensors,
        ImmutableArray<long>.Builder offsets,
        long dataBytes,
        string file
    )
    {
        // Nearly every writer lists tensors as they lie; only the others pay for sorting.
        var covered = 0L;
        var inOrder = 0;
        while (inOrder < tensors.Count && offsets[inOrder] == covered)
            covered += tensors[inOrder++].Bytes;
        if (inOrder < tensors.Count)
            covered = CheckSorted(tensors, offsets, file);
        if (covered != dataBytes)
        {
            throw new BadContentException(
                file,
                "data",
                $"{dataBytes} bytes, of which tensors cover {covered}",
                "a file that ends with its last tensor"
            );
        }
    }

    private static long CheckSorted(
        ImmutableArray<StoredTensor>.Builder tensors,
        ImmutableArray<long>.Builder offsets,
        string file
    )
    {
        // Empty tensors sort before the one that begins where they do.
        var order = new (long Begin, long Bytes, int Index)[tensors.Count];
        for (var i = 0; i < order.Length; i++)
            order[i] = (offsets[i], tensors[i].Bytes, i);
        Array.Sort(order);

        var covered = 0L;
        foreach (var (begin, bytes, index) in order)
        {
            if (begin != covered)
            {
                var problem = begin < covered ? "overlapping the tensor before it" : "leaving a hole before it";
                throw new BadContentException(
                    file,
                    $"tensor {FileText.Quote(tensors[index].Name)}",
                    $"data_offsets from {begin}, {problem}",
                    $"{covered}"
                );
            }
            covered += bytes;
        }
        return covered;
    }
}
