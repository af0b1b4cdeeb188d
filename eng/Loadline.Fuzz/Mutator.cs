using System.Buffers.Binary;

namespace Loadline.Fuzz;

/// <summary>Changes a seed in one to four places. The same seed number makes the same inputs in the same order.</summary>
internal sealed class Mutator(InputKind kind, IReadOnlyList<byte[]> seeds, int seed)
{
    private const int LongestInput = 1 << 16;

    /// <summary>Lengths and counts at which arithmetic goes wrong.</summary>
    private static readonly ulong[] Lengths =
    [
        0,
        1,
        2,
        3,
        7,
        8,
        31,
        32,
        255,
        256,
        65_535,
        65_536,
        100_000_000,
        int.MaxValue,
        1UL << 31,
        uint.MaxValue,
        1UL << 32,
        1UL << 61,
        1UL << 62,
        long.MaxValue,
        1UL << 63,
        ulong.MaxValue,
    ];

    private static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "0",
            "-1",
            "1",
            "2",
            "3",
            "64",
            "9999",
            "10001",
            "2147483647",
            "2147483648",
            "-2147483648",
            "4294967296",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "1e3",
            "1e308",
            "1e999",
            "0.5",
            "-0.0",
            "1.0",
            "NaN",
            "Infinity",
            "null",
            "true",
            "false",
            "\"\"",
            "\"x\"",
            "\"\\ud800\"",
            "\"80 GiB\"",
            "\"1e400 GiB\"",
            "\"50 %\"",
            "\"-1 s\"",
            "[]",
            "{}",
            "[[]]",
            "[null]",
            "[1]",
            "[-1,2]",
            "{\"a\":1}",
        }.Select(System.Text.Encoding.UTF8.GetBytes),
    ];

    private readonly Random random = new(seed);
    private readonly byte[] buffer = new byte[LongestInput + 256];
    private int length;

    public byte[] Next()
    {
        var start = seeds[random.Next(seeds.Count)];
        length = Math.Min(start.Length, LongestInput);
        start.AsSpan(0, length).CopyTo(buffer);
        for (var change = random.Next(2) == 0 ? 1 : random.Next(2, 5); change > 0 && length > 0; change--)
            Change();
        // Half of the inputs keep a length that fits, so that what comes after it is reached.
        if (kind == InputKind.TextAfterLength && length >= 8 && random.Next(2) == 0)
            FitLength();
        return buffer.AsSpan(0, length).ToArray();
    }

    private void Change()
    {
        var at = random.Next(length);
        var choice = random.Next(kind == InputKind.Binary ? 8 : 20);
        switch (choice)
        {
            case 0:
                buffer[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                buffer[at] = (byte)random.Next(256);
                break;
            case 2:
                Replace(at, Math.Min(length - at, random.Next(1, 17)), []);
                break;
            case 3:
                Replace(at, 0, buffer.AsSpan(at, Math.Min(length - at, random.Next(1, 65))).ToArray());
                break;
            case 4:
                Splice(at);
                break;
            case 5 when random.Next(8) == 0:
                length = at;
                break;
            case < 8 when kind != InputKind.Text:
                WriteLength(at);
                break;
            default:
                ReplaceToken(at);
                break;
        }
    }

    /// <summary>A piece of another seed.</summary>
    private void Splice(int at)
    {
        var other = seeds[random.Next(seeds.Count)];
        var from = random.Next(other.Length);
        Replace(
            at,
            Math.Min(length - at, random.Next(64)),
            other.AsSpan(from, Math.Min(other.Length - from, random.Next(64)))
        );
    }

    private void WriteLength(int at)
    {
        var value = random.Next(4) == 0 ? (ulong)random.Next(4096) : Lengths[random.Next(Lengths.Length)];
        if (kind == InputKind.TextAfterLength)
            at = 0;
        if (random.Next(3) == 0 && at + 4 <= length)
            BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(at), unchecked((uint)value));
        else if (at + 8 <= length)
            BinaryPrimitives.WriteUInt64LittleEndian(buffer.AsSpan(at), value);
    }

    private void FitLength()
    {
        var end = buffer.AsSpan(0, length).LastIndexOf((byte)'}');
        if (end >= 8)
            BinaryPrimitives.WriteUInt64LittleEndian(buffer, (ulong)(end + 1 - 8));
    }

    /// <summary>The number, text or word at or after a place becomes another one.</summary>
    private void ReplaceToken(int at)
    {
        while (at < length && !IsTokenStart(at))
            at++;
        if (at == length)
            return;
        var end = at + 1;
        if (buffer[at] == (byte)'"')
        {
            while (end < length && buffer[end] != (byte)'"')
                end++;
            end = Math.Min(end + 1, length);
        }
        else
        {
            while (end < length && buffer[end] is not ((byte)',' or (byte)']' or (byte)'}' or (byte)'\n' or (byte)' '))
                end++;
        }
        // Mostly values: an unknown name is refused before anything is read.
        if (end < length && buffer[end] == (byte)':' && random.Next(8) > 0)
        {
            ReplaceToken(end);
            return;
        }
        Replace(at, end - at, Tokens[random.Next(Tokens.Length)]);
    }

    private bool IsTokenStart(int at) =>
        buffer[at] is (>= (byte)'0' and <= (byte)'9') or (byte)'"' or (byte)'-' or (byte)'t' or (byte)'f' or (byte)'n';

    private void Replace(int at, int count, ReadOnlySpan<byte> with)
    {
        if (length - count + with.Length > LongestInput)
            return;
        buffer.AsSpan(at + count, length - at - count).CopyTo(buffer.AsSpan(at + with.Length));
        with.CopyTo(buffer.AsSpan(at));
        length += with.Length - count;
    }
}
