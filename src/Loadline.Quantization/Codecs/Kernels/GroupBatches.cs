using System.Buffers;

namespace Loadline.Quantization;

/// <summary>How the groups of a format are encoded, whatever the number of lanes.</summary>
internal interface IGroupCoder
{
    /// <summary>Numbers in a group: a multiple of 16.</summary>
    public int Length { get; }

    /// <summary>Whether it does without figures of importance where there are none.</summary>
    public bool WantsWeights { get; }

    /// <summary>Codes and scales of as many groups as there are lanes.</summary>
    /// <param name="numbers">Row i has number i of every lane.</param>
    /// <param name="importance">As <paramref name="numbers"/>; finite and not negative; all 1 where nothing was measured.</param>
    /// <param name="codes">Group after group, one byte for a code.</param>
    /// <param name="scales">One for each lane.</param>
    /// <param name="offsets">One for each lane, where the format has such.</param>
    public void Encode<T>(
        ReadOnlySpan<float> numbers,
        ReadOnlySpan<float> importance,
        Span<byte> codes,
        Span<float> scales,
        Span<float> offsets
    )
        where T : struct, ILanes<T>;
}

/// <summary>Encodes groups that follow each other in memory, sixteen at a time and the rest one by one.</summary>
internal static class GroupBatches
{
    /// <param name="numbers">Whole groups.</param>
    /// <param name="importance">Empty, or one for each number.</param>
    /// <param name="scalar">One at a time throughout, for the test that both ways agree.</param>
    public static void Encode<TCoder>(
        TCoder coder,
        ReadOnlySpan<float> numbers,
        ReadOnlySpan<float> importance,
        Span<byte> codes,
        Span<float> scales,
        Span<float> offsets,
        bool scalar = false
    )
        where TCoder : struct, IGroupCoder
    {
        var length = coder.Length;
        var groups = numbers.Length / length;
        var batch = 16 * length;
        var rented = ArrayPool<float>.Shared.Rent(2 * batch);
        var rows = rented.AsSpan(0, batch);
        var weights = rented.AsSpan(batch, batch);
        if (importance.IsEmpty && !coder.WantsWeights)
            weights = [];
        weights.Fill(1);
        var group = 0;
        for (; !scalar && group + 16 <= groups; group += 16)
        {
            Transposition.Apply(numbers.Slice(group * length, batch), length, rows);
            if (!importance.IsEmpty)
                Transposition.Apply(importance.Slice(group * length, batch), length, weights);
            coder.Encode<Lanes16>(
                rows,
                weights,
                codes.IsEmpty ? codes : codes.Slice(group * length, batch),
                scales.Slice(group, 16),
                offsets.IsEmpty ? offsets : offsets.Slice(group, 16)
            );
        }
        weights.Fill(1);
        for (; group < groups; group++)
            coder.Encode<Lane1>(
                numbers.Slice(group * length, length),
                importance.IsEmpty ? weights : importance.Slice(group * length, length),
                codes.IsEmpty ? codes : codes.Slice(group * length, length),
                scales.Slice(group, 1),
                offsets.IsEmpty ? offsets : offsets.Slice(group, 1)
            );
        ArrayPool<float>.Shared.Return(rented);
    }
}
